"""The one-machine host: drives function_app.py without the Functions host. Never deployed."""
