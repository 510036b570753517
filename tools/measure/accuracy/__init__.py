"""Accuracy of the service: `python -m tools.measure.accuracy`."""
