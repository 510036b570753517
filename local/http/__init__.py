"""HTTP of the one-machine host."""
