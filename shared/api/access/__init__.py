"""Authentication and rate limiting: keys, Entra ID tokens, token buckets."""
