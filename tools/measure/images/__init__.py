"""Memory and time that images take."""
