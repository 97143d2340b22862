"""Analyse a trained model: its attention, what its output depends on, and its quality."""
