"""Duplicates: two persons with one person's faces, and one person with two people's."""
