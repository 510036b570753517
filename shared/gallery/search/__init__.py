"""Search of a gallery: ranks people by their faces."""
