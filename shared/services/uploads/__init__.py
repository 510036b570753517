"""Uploaded images: ingestion, options, results, reconciliation."""
