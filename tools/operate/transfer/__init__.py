"""Moves collections, persons, faces and embeddings between stores, as one file."""
