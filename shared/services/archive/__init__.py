"""Exports collections in pages, and imports them."""
