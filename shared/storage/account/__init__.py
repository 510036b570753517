"""Blobs and queues of the storage account, and their Azure implementations."""
