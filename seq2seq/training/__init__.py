"""Train a model on sentence pairs: the training loop, its settings, its events, and how it resumes."""
