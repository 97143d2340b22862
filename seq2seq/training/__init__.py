"""From sentence pairs to a trained model: the training loop, its settings, its events, and how it resumes."""
