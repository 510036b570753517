"""The recognition model that the environment names, without a service."""

from __future__ import annotations

from shared.composition.container import Container
from shared.vision.analyzer import FaceAnalyzer

SETTINGS_WITHOUT_SERVICE = {
    "AzureWebJobsStorage": "UseDevelopmentStorage=true",
    "FACE_KEYS": "none",
}
"""What a container requires and commands use only where a file is a blob."""


def measured_analyzer(container: Container) -> FaceAnalyzer:
    """The operator's own model where FACE_MODEL_NAME is set, otherwise the built-in one."""
    custom = container.vision.custom_analyzers
    return next(iter(custom.values()), container.vision.analyzer)
