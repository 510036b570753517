"""The face service itself; it knows nothing of Azure Functions."""
