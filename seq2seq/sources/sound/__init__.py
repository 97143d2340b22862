"""Sounds: recorded voices that say digits, how an utterance is put together from them, and how a model reads a sound."""
