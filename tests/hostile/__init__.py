"""A corpus of hostile input, built by code, and what every case of it must come to."""
