"""Pictures of the Attention tab, a module a view."""
