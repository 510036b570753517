"""The command line of Lineament: HTTP only, against any endpoint."""

__version__ = "0.1.0"
