"""Views of the Teacher forcing tab, one module per view."""
