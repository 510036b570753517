"""REST API: versions, authentication, parsing, JSON bodies and the mapping of errors to HTTP."""
