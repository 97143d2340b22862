"""Helpers of several tests: small models, servers, visitors, parts of the page."""
