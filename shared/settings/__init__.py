"""Every setting of the service."""
