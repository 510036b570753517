"""Programs that run in the peers' environments; they import nothing else of this repository."""
