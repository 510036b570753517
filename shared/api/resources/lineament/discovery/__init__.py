"""Duplicates and unknown people, between the wire and the services."""
