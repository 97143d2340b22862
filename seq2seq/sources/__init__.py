"""Source and target text: vocabularies, pieces and words."""
