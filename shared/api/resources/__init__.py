"""Requests and answers that several operations of a resource share."""
