"""The parts of `python -m seq2seq train`: its options, its configuration file, and what it prints."""
