"""Landmarks and attributes of a face as JSON.

Numbers are rounded as in Azure's responses: coordinates and angles to tenths, scores to hundredths.
"""

from __future__ import annotations

from dataclasses import fields

import msgspec

from shared.api.bodies.members import Confidence, Degrees, GlassesType
from shared.api.bodies.wire import Wire
from shared.domain.face.attributes import (
    AccessoryType,
    ExposureLevel,
    FaceAttributes,
    Glasses,
    HeadPose,
    Landmarks,
    Level,
    MaskType,
)
from shared.domain.face.geometry import Point

_TENTHS = 1
_HUNDREDTHS = 2


class PointAnswer(Wire, frozen=True, omit_defaults=False):
    """A position in pixels of the upright image."""

    x: float
    y: float

    @classmethod
    def of(cls, point: Point) -> PointAnswer:
        """The point, to a tenth of a pixel."""
        return cls(_rounded(point.x, _TENTHS), _rounded(point.y, _TENTHS))


class LandmarksAnswer(Wire, frozen=True):
    """The 27 landmarks; left and right are the image's."""

    pupil_left: PointAnswer
    pupil_right: PointAnswer
    nose_tip: PointAnswer
    mouth_left: PointAnswer
    mouth_right: PointAnswer
    eyebrow_left_outer: PointAnswer
    eyebrow_left_inner: PointAnswer
    eye_left_outer: PointAnswer
    eye_left_top: PointAnswer
    eye_left_bottom: PointAnswer
    eye_left_inner: PointAnswer
    eyebrow_right_inner: PointAnswer
    eyebrow_right_outer: PointAnswer
    eye_right_inner: PointAnswer
    eye_right_top: PointAnswer
    eye_right_bottom: PointAnswer
    eye_right_outer: PointAnswer
    nose_root_left: PointAnswer
    nose_root_right: PointAnswer
    nose_left_alar_top: PointAnswer
    nose_right_alar_top: PointAnswer
    nose_left_alar_out_tip: PointAnswer
    nose_right_alar_out_tip: PointAnswer
    upper_lip_top: PointAnswer
    upper_lip_bottom: PointAnswer
    under_lip_top: PointAnswer
    under_lip_bottom: PointAnswer

    @classmethod
    def of(cls, landmarks: Landmarks) -> LandmarksAnswer:
        """The landmarks, rounded."""
        return cls(
            **{
                field.name: PointAnswer.of(getattr(landmarks, field.name))
                for field in fields(landmarks)
            }
        )


class HeadPoseAnswer(Wire, frozen=True, omit_defaults=False):
    """Head pose in degrees."""

    pitch: Degrees
    roll: Degrees
    yaw: Degrees

    @classmethod
    def of(cls, pose: HeadPose) -> HeadPoseAnswer:
        """The pose, to a tenth of a degree."""
        return cls(*(_rounded(angle, _TENTHS) for angle in (pose.pitch, pose.roll, pose.yaw)))


class BlurAnswer(Wire, frozen=True, omit_defaults=False):
    """Blur of a face."""

    blur_level: Level
    value: Confidence


class ExposureAnswer(Wire, frozen=True, omit_defaults=False):
    """Exposure of a face."""

    exposure_level: ExposureLevel
    value: Confidence


class NoiseAnswer(Wire, frozen=True, omit_defaults=False):
    """Noise of a face."""

    noise_level: Level
    value: Confidence


class MaskAnswer(Wire, frozen=True, omit_defaults=False):
    """Type and extent of a mask."""

    type: MaskType
    nose_and_mouth_covered: bool


class OcclusionAnswer(Wire, frozen=True, omit_defaults=False):
    """Which parts of the face are hidden."""

    forehead_occluded: bool
    eye_occluded: bool
    mouth_occluded: bool


class AccessoryAnswer(Wire, frozen=True, omit_defaults=False):
    """An accessory and its confidence."""

    type: AccessoryType
    confidence: Confidence


class FaceAttributesAnswer(Wire, frozen=True, kw_only=True, omit_defaults=False):
    """The requested attributes of a face."""

    head_pose: HeadPoseAnswer | msgspec.UnsetType = msgspec.UNSET
    blur: BlurAnswer | msgspec.UnsetType = msgspec.UNSET
    exposure: ExposureAnswer | msgspec.UnsetType = msgspec.UNSET
    noise: NoiseAnswer | msgspec.UnsetType = msgspec.UNSET
    glasses: GlassesType | msgspec.UnsetType = msgspec.UNSET
    accessories: list[AccessoryAnswer] | msgspec.UnsetType = msgspec.UNSET
    mask: MaskAnswer | msgspec.UnsetType = msgspec.UNSET
    occlusion: OcclusionAnswer | msgspec.UnsetType = msgspec.UNSET
    quality_for_recognition: Level | msgspec.UnsetType = msgspec.UNSET

    @classmethod
    def of(cls, found: FaceAttributes, *, pascal_glasses: bool) -> FaceAttributesAnswer:
        """The attributes, rounded; glasses as ``NoGlasses`` if ``pascal_glasses``."""
        unset = msgspec.UNSET
        blur, exposure, noise = found.blur, found.exposure, found.noise
        mask, hidden = found.mask, found.occlusion
        return cls(
            head_pose=HeadPoseAnswer.of(found.head_pose) if found.head_pose else unset,
            blur=BlurAnswer(blur.level, _rounded(blur.value, _HUNDREDTHS)) if blur else unset,
            exposure=ExposureAnswer(exposure.level, _rounded(exposure.value, _HUNDREDTHS))
            if exposure
            else unset,
            noise=NoiseAnswer(noise.level, _rounded(noise.value, _HUNDREDTHS)) if noise else unset,
            glasses=_spelled(found.glasses, pascal=pascal_glasses) if found.glasses else unset,
            accessories=unset
            if found.accessories is None
            else [
                AccessoryAnswer(item.type, _rounded(item.confidence, _HUNDREDTHS))
                for item in found.accessories
            ],
            mask=MaskAnswer(mask.type, mask.nose_and_mouth_covered) if mask else unset,
            occlusion=OcclusionAnswer(hidden.forehead, hidden.eye, hidden.mouth)
            if hidden
            else unset,
            quality_for_recognition=found.quality or unset,
        )


def _spelled(glasses: Glasses, *, pascal: bool) -> str:
    return glasses[0].upper() + glasses[1:] if pascal else glasses.value


def _rounded(number: float, digits: int) -> float:
    return round(number, digits) + 0.0  # Never -0.0, which JSON would show.
