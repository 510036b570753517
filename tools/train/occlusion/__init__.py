"""Trains the classifiers of what covers a face."""
