"""Searches for duplicates."""
