"""HTTP functions, one module a resource."""
