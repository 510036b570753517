"""Accuracy of the scores that rank persons."""
