"""Duplicates: persons of a collection who look like one, or like two."""
