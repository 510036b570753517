"""The HTTP front of the one-machine host."""
