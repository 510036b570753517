"""A folder of images to a folder of results."""
