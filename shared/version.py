"""The version of the service, typed here and nowhere else."""

VERSION = "0.1.0"
"""Of the release; pyproject.toml and the reference read it."""
