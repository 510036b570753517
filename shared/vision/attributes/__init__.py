"""Attributes of a detected face."""
