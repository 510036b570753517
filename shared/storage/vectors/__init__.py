"""Cosmos DB's vector index."""
