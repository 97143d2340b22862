"""The Translate tab: a translation, step by step."""
