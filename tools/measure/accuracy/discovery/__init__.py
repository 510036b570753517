"""Duplicates and unknown people: how often what is found is right."""
