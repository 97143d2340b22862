"""What several tests share: small models, servers, visitors, parts of the page."""
