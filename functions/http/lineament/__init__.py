"""The service's own routes, below /lineament/v1."""
