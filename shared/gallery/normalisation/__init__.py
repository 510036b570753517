"""Cosines corrected by how close a face lies to the faces of other persons."""
