"""Maps domain values to documents and back, one module for each kind of record."""
