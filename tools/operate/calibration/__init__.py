"""The operating point of a recognition model on the operator's own images."""
