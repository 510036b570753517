"""Commands that move collections between services."""
