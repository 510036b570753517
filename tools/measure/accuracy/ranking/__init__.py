"""Accuracy of the scores by which persons are ranked."""
