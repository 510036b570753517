"""Bounded fuzzing guided by coverage, of what reads callers' bytes."""
