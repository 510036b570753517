"""Moving in from other services."""
