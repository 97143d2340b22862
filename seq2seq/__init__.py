"""Seq2Seq Unrolled: encoder-decoders that show every step they take."""
