"""Domain values, identifiers, limits and errors. Imports nothing else of this repository."""
