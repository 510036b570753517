"""Tests of what measures accuracy."""
