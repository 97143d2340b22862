"""The encoder-decoders: layers, the registry of architectures, and checkpoints on disk."""
