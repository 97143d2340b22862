"""Views of the Inside tab, one module per view."""
