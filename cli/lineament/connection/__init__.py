"""Where the service is, and how it is called."""
