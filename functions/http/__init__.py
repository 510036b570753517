"""HTTP functions, one module for each resource."""
