"""Programs that fit weights and constants."""
