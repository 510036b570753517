"""The document store: the seam, its limits and schema, and its implementations."""
