"""Views of the Train tab: a training run and its data."""
