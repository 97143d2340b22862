"""Public corpora: where they are, how they are fetched and checked, and how each kind is read."""
