"""Accuracy of attributes."""
