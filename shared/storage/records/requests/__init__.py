"""Requests with an Idempotency-Key: their answers, and receipts of what they created."""
