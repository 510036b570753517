"""The console: a page that calls this service's operations from the browser."""
