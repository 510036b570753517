"""The document store on SQLite."""
