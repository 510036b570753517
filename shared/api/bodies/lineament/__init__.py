"""JSON bodies of this service's own operations."""
