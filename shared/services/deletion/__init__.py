"""Deletion: marks, sweeps, erasure, retention."""
