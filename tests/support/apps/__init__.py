"""Servers for the browser tests and measurements: the real app, and small apps for one purpose each."""
