"""Decode a source sentence to a translation and its trace. This package has the only decode loop."""
