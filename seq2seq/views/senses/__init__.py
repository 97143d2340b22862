"""Views of the Senses tab, one module per view."""
