"""Which gallery answers a scope, and the caches of each."""
