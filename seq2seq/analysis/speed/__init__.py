"""Measure the speed of training and decoding, next to a plain loop and to bare matrix products."""
