"""AVIF and HEIC: images in ISO base media files, decoded in a process of their own."""
