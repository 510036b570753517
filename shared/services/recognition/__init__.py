"""Detect, verify, identify, find similar, group."""
