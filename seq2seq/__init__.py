"""Seq2Seq Unrolled: encoder-decoders that show every step they take."""

__version__ = "2.0.0"
