"""Pixels to faces: decode, detect, align, embed."""
