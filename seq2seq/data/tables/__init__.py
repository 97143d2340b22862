"""Files of sentence pairs as people have them, and how to read each kind."""
