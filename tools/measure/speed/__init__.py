"""Benchmarks, one per module; each is a function that measures and returns results."""
