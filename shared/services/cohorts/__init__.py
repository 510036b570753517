"""Cohorts of the operator's own: made, kept in a file, and used to correct cosines."""
