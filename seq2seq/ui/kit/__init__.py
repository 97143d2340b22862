"""Shared parts of the views: fields, messages, addresses, examples."""
