"""Sentence pairs: from files, tables and public corpora to padded batches."""
