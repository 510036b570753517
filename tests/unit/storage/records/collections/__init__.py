"""Tests of the records of collections."""
