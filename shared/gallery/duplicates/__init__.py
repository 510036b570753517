"""Persons who look alike, and persons whose faces do not."""
