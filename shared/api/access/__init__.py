"""Who may call: keys, Entra ID tokens, the rate limit."""
