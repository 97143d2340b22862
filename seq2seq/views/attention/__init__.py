"""Views of the Attention tab, one module per view."""
