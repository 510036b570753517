"""The operator's cohort: made, stored in a file, and used to correct cosines."""
