"""Tests of the person directory's services."""
