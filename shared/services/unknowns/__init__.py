"""Unknown people: faces of uploads that no collection knows, clustered as they come."""
