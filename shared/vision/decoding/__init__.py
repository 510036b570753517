"""Image files to pixels, bounded in time and memory: one module per format."""
