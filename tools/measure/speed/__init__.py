"""Benchmarks: one module each, every one a function that measures and answers results."""
