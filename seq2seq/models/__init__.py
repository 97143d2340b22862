"""The encoder-decoders: their layers, the registry of architectures, and checkpoints on disk."""
