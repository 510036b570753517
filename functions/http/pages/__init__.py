"""HTML pages: the API description and the console. They need no key."""
