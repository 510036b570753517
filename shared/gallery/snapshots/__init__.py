"""The snapshot file: format, writer, memory-mapped reader, cache."""
