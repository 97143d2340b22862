"""Pictures of the Train tab: a run, and the data that it learns from."""
