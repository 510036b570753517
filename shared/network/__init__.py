"""Downloads: image URLs, JSON documents, Key Vault."""
