"""The recognition model that the environment names, without a service."""

from __future__ import annotations

from collections.abc import Mapping

from shared.composition.container import Container
from shared.vision.analyzer import FaceAnalyzer
from tools.operate.settings import WITHOUT_SERVICE

_CURVE = "FACE_MODEL_CONFIDENCE"
_UNKNOWN_CURVE = "0.5"


def settings_to_calibrate(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment, complete also where the curve is what calibration is there to find."""
    curve = environment.get(_CURVE) or _UNKNOWN_CURVE
    return {**WITHOUT_SERVICE, **environment, _CURVE: curve}


def has_confidence_curve(environment: Mapping[str, str]) -> bool:
    """Whether the model that is measured has a curve: the built-in one, or one that is set."""
    return not environment.get("FACE_MODEL_NAME") or bool(environment.get(_CURVE))


def measured_analyzer(container: Container) -> FaceAnalyzer:
    """The operator's own model where FACE_MODEL_NAME is set, otherwise the built-in one."""
    custom = container.vision.custom_analyzers
    return next(iter(custom.values()), container.vision.analyzer)
