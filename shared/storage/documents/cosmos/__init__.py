"""The document store on Cosmos DB."""
