"""Unknown people: faces on uploads that match no enrolled person, clustered as they arrive."""
