"""Images to persisted faces, in parallel."""
