"""Many embeddings to the nearest people: snapshot file, builder, search and cache."""
