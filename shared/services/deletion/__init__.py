"""Deletion: of persons and faces (marks, sweeps, erasure), of collections (purge), by age."""
