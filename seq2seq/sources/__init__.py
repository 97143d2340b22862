"""What a model reads: text as ids and pieces, and where words stand in it."""
