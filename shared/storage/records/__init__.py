"""Documents to values and back, one module a kind of record."""
