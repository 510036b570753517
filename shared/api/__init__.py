"""The wire: versions, authentication, parsing, JSON shapes and the mapping of errors to HTTP."""
