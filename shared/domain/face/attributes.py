"""Landmarks and attributes of a face; left and right are the image's.

Levels and their bounds are Azure's:
https://learn.microsoft.com/rest/api/face/face-detection-operations/detect
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shared.domain.face.geometry import Point


@dataclass(frozen=True, slots=True)
class Landmarks:
    """The 27 points that Azure names, in its order."""

    pupil_left: Point
    pupil_right: Point
    nose_tip: Point
    mouth_left: Point
    mouth_right: Point
    eyebrow_left_outer: Point
    eyebrow_left_inner: Point
    eye_left_outer: Point
    eye_left_top: Point
    eye_left_bottom: Point
    eye_left_inner: Point
    eyebrow_right_inner: Point
    eyebrow_right_outer: Point
    eye_right_inner: Point
    eye_right_top: Point
    eye_right_bottom: Point
    eye_right_outer: Point
    nose_root_left: Point
    nose_root_right: Point
    nose_left_alar_top: Point
    nose_right_alar_top: Point
    nose_left_alar_out_tip: Point
    nose_right_alar_out_tip: Point
    upper_lip_top: Point
    upper_lip_bottom: Point
    under_lip_top: Point
    under_lip_bottom: Point


class Attribute(StrEnum):
    """The values of returnFaceAttributes, as Azure spells them."""

    ACCESSORIES = "accessories"
    BLUR = "blur"
    EXPOSURE = "exposure"
    GLASSES = "glasses"
    HEAD_POSE = "headPose"
    MASK = "mask"
    NOISE = "noise"
    OCCLUSION = "occlusion"
    QUALITY = "qualityForRecognition"


@dataclass(frozen=True, slots=True)
class HeadPose:
    """The rotation of a head, in degrees from -180 to 180.

    Right-handed about axes that point to the image's left, up and into the image, as in Azure's
    samples.

    Attributes:
        pitch: positive where the face is directed upwards.
        roll: positive where the head leans clockwise in the image.
        yaw: positive where the nose points to the image's right.
    """

    pitch: float
    roll: float
    yaw: float


class Level(StrEnum):
    """A level of blur, noise or recognition quality."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class ExposureLevel(StrEnum):
    """Whether a face is too dark, well lit or too bright."""

    UNDER = "underExposure"
    GOOD = "goodExposure"
    OVER = "overExposure"


@dataclass(frozen=True, slots=True)
class Blur:
    """How blurred a face is, 0 to 1."""

    value: float

    @property
    def level(self) -> Level:
        """Low below 0.25, medium below 0.75, otherwise high."""
        return _level(self.value, 0.25, 0.75)


@dataclass(frozen=True, slots=True)
class Exposure:
    """How bright a face is, 0 to 1."""

    value: float

    @property
    def level(self) -> ExposureLevel:
        """Under below 0.25, over from 0.75 on, otherwise good."""
        if self.value < 0.25:
            return ExposureLevel.UNDER
        return ExposureLevel.GOOD if self.value < 0.75 else ExposureLevel.OVER


@dataclass(frozen=True, slots=True)
class Noise:
    """How noisy a face is, 0 to 1."""

    value: float

    @property
    def level(self) -> Level:
        """Low below 0.3, medium below 0.7, otherwise high."""
        return _level(self.value, 0.3, 0.7)


class Glasses(StrEnum):
    """Azure's glasses types; swimming goggles are never reported."""

    NONE = "noGlasses"
    READING = "readingGlasses"
    SUN = "sunglasses"


class MaskType(StrEnum):
    """Azure's mask types."""

    NONE = "noMask"
    MASK = "faceMask"
    OTHER = "otherMaskOrOcclusion"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class Mask:
    """The type of mask, and whether it covers both nose and mouth."""

    type: MaskType
    nose_and_mouth_covered: bool


@dataclass(frozen=True, slots=True)
class Occlusion:
    """Which parts of a face are hidden."""

    forehead: bool
    eye: bool
    mouth: bool


class AccessoryType(StrEnum):
    """Azure's accessory types."""

    HEADWEAR = "headwear"
    GLASSES = "glasses"
    MASK = "mask"


@dataclass(frozen=True, slots=True)
class Accessory:
    """An accessory and its confidence, 0 to 1."""

    type: AccessoryType
    confidence: float


@dataclass(frozen=True, slots=True)
class FaceAttributes:
    """The requested attributes; all others are None."""

    head_pose: HeadPose | None = None
    blur: Blur | None = None
    exposure: Exposure | None = None
    noise: Noise | None = None
    quality: Level | None = None
    glasses: Glasses | None = None
    accessories: tuple[Accessory, ...] | None = None
    mask: Mask | None = None
    occlusion: Occlusion | None = None


def _level(value: float, medium: float, high: float) -> Level:
    if value < medium:
        return Level.LOW
    return Level.MEDIUM if value < high else Level.HIGH
