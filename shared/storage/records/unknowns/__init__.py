"""Unknown people: clusters of unknown faces and their sightings."""
