"""BMP: headers, run lengths, and the image decoded band by band."""
