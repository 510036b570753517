"""Azure's qualityForRecognition: whether a face is good enough for recognition."""

from __future__ import annotations

import math
from dataclasses import dataclass

from shared.domain.face.attributes import Blur, Exposure, HeadPose, Level, Noise
from shared.domain.values import Detection


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits of a quality level.

    Attributes:
        eye_distance: minimum distance of the eyes, in pixels.
        score: minimum score of the detector.
        yaw: maximum rotation to a side, in degrees.
        pitch: maximum nod, in degrees.
        blur: maximum blur, 0 to 1.
        noise: maximum noise, 0 to 1.
        exposure: darkest and brightest, 0 to 1.
    """

    eye_distance: float
    score: float
    yaw: float
    pitch: float
    blur: float
    noise: float
    exposure: tuple[float, float]


HIGH = Bounds(24.0, 0.8, 30.0, 25.0, 0.4, 0.5, (0.15, 0.9))
MEDIUM = Bounds(12.0, 0.7, 45.0, 35.0, 0.8, 0.8, (0.05, 0.97))
"""Set so that recognition errors on Labeled Faces in the Wild, degraded in known steps, fall from
level to level: `python -m tools.measure.accuracy recognition-quality`.
"""


def recognition_quality(
    detection: Detection, pose: HeadPose, blur: Blur, exposure: Exposure, noise: Noise
) -> Level:
    """High if enrolment is advised, medium if identification is, otherwise low."""
    for level, bounds in ((Level.HIGH, HIGH), (Level.MEDIUM, MEDIUM)):
        if _keeps_to(bounds, detection, pose, blur, exposure, noise):
            return level
    return Level.LOW


def _keeps_to(
    bounds: Bounds,
    detection: Detection,
    pose: HeadPose,
    blur: Blur,
    exposure: Exposure,
    noise: Noise,
) -> bool:
    left, right = detection.points.eye_left, detection.points.eye_right
    # A head turned aside brings the eyes closer together without losing detail.
    apart = math.hypot(right.x - left.x, right.y - left.y) / max(
        math.cos(math.radians(pose.yaw)), 0.5
    )
    darkest, brightest = bounds.exposure
    return (
        apart >= bounds.eye_distance
        and detection.score >= bounds.score
        and abs(pose.yaw) <= bounds.yaw
        and abs(pose.pitch) <= bounds.pitch
        and blur.value <= bounds.blur
        and noise.value <= bounds.noise
        and darkest <= exposure.value <= brightest
    )
