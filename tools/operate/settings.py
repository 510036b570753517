"""Settings of commands that run without the service."""

from __future__ import annotations

WITHOUT_SERVICE = {
    "AzureWebJobsStorage": "UseDevelopmentStorage=true",
    "FACE_KEYS": "none",
}
"""What a container requires and commands use only where a file is a blob. The environment goes
before it."""
