"""Use cases, one per module. What each needs is passed to its constructor."""
