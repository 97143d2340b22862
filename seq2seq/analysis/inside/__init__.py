"""Look inside a model: the cell and its units, how far back it reaches, the decoder as a language model."""
