"""Accuracy of duplicates and of unknown people."""
