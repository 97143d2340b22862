"""Pictures of the Teacher forcing tab, a module a view."""
