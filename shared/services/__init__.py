"""One module a use case; each is handed the seams it needs."""
