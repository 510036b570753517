"""Parsing and formatting shared by several operations of a resource."""
