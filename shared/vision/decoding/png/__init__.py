"""PNG: chunks, samples, and the image decoded band by band."""
