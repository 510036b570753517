"""Parses requests and formats responses, one module for each resource."""
