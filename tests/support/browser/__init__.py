"""Helpers of the browser tests: visitors, and the parts of the page by name."""
