"""JPEG: markers, and the image decoded at the size that is needed."""
