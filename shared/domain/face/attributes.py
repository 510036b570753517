"""What can be told about a face beside where it is. Left and right are the picture's."""

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
    """What may be asked for in returnFaceAttributes, as Azure spells it."""

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
    """How a head is turned, in degrees from -180 to 180.

    Right-handed about axes that point to the picture's left, up and into it, as Azure's samples
    have it.

    Attributes:
        pitch: above 0 where the face looks up.
        roll: above 0 where the head leans clockwise in the picture.
        yaw: above 0 where the nose points to the picture's right.
    """

    pitch: float
    roll: float
    yaw: float


class Level(StrEnum):
    """How much there is of something."""

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
        """Low below 0.25, medium below 0.75, high from there on, as in Azure's reference."""
        return _level(self.value, 0.25, 0.75)


@dataclass(frozen=True, slots=True)
class Exposure:
    """How bright a face is, 0 to 1."""

    value: float

    @property
    def level(self) -> ExposureLevel:
        """Under below 0.25, over from 0.75 on (SPEC §4)."""
        if self.value < 0.25:
            return ExposureLevel.UNDER
        return ExposureLevel.GOOD if self.value < 0.75 else ExposureLevel.OVER


@dataclass(frozen=True, slots=True)
class Noise:
    """How noisy a face is, 0 to 1."""

    value: float

    @property
    def level(self) -> Level:
        """Low below 0.3, medium below 0.7, high from there on (SPEC §4)."""
        return _level(self.value, 0.3, 0.7)


class Glasses(StrEnum):
    """What is worn before the eyes; sunglasses are seen but not told, swimming goggles neither."""

    NONE = "noGlasses"
    READING = "readingGlasses"
    SUN = "sunglasses"


class MaskType(StrEnum):
    """What is worn before nose and mouth; Azure's uncertain is never answered."""

    NONE = "noMask"
    MASK = "faceMask"
    OTHER = "otherMaskOrOcclusion"


@dataclass(frozen=True, slots=True)
class Mask:
    """Whether a mask is worn, and whether it covers both nose and mouth."""

    type: MaskType
    nose_and_mouth_covered: bool


class AccessoryType(StrEnum):
    """What is worn on head or face."""

    HEADWEAR = "headwear"
    GLASSES = "glasses"
    MASK = "mask"


@dataclass(frozen=True, slots=True)
class Accessory:
    """Something worn, and how likely it is, 0 to 1."""

    type: AccessoryType
    confidence: float


@dataclass(frozen=True, slots=True)
class FaceAttributes:
    """What was asked for; what was not is None."""

    head_pose: HeadPose | None = None
    blur: Blur | None = None
    exposure: Exposure | None = None
    noise: Noise | None = None
    quality: Level | None = None
    glasses: Glasses | None = None
    accessories: tuple[Accessory, ...] | None = None
    mask: Mask | None = None


def _level(value: float, medium: float, high: float) -> Level:
    if value < medium:
        return Level.LOW
    return Level.MEDIUM if value < high else Level.HIGH
