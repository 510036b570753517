"""The vocabulary: values, identifiers, limits, the error tree. Imports nothing of ours."""
