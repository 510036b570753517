"""How well the service sees: `python -m tools.measure.accuracy`."""
