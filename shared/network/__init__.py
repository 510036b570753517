"""Everything that is fetched over the network: image URLs, JSON documents, Key Vault."""
