"""Tests of the records of the person directory."""
