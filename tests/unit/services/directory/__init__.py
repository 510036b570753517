"""The person directory above SQLite."""
