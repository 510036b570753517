"""Converts this service's own operations between the wire and the services."""
