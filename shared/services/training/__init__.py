"""Training: from a queue message to a snapshot."""
