"""Rules that an image must meet before its face is enrolled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from shared.domain.face.attributes import Level


class FaceChoice(StrEnum):
    """Which face of an image is enrolled where targetFace names none.

    Attributes:
        ONLY: the only one; an image with several is rejected.
        LARGEST: the largest one.
    """

    ONLY = "only"
    LARGEST = "largest"


class MinimumQuality(StrEnum):
    """The least qualityForRecognition of a face to enrol.

    Attributes:
        ANY: neither quality nor likeness is checked, whatever the collection's gate says.
        LOW: every quality; as with the higher ones, the face is compared with those enrolled.
    """

    ANY = "any"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class EnrolmentRules:
    """What an image must meet to be enrolled; without rules it is enrolled as Azure enrols it.

    Attributes:
        minimum_quality: None: neither quality nor likeness is checked.
        faces: None: the only one, rejected as Azure rejects it.
    """

    minimum_quality: MinimumQuality | None = None
    faces: FaceChoice | None = None

    @property
    def any(self) -> bool:
        """Whether there are rules."""
        return self.minimum_level is not None or self.faces is not None

    @property
    def minimum_level(self) -> Level | None:
        """The level that a face must have to be enrolled; None: no quality is checked."""
        if self.minimum_quality in (None, MinimumQuality.ANY):
            return None
        return Level(self.minimum_quality)

    def over(self, gate: EnrolmentRules) -> EnrolmentRules:
        """These rules of a request, completed by those of the collection's gate."""
        return replace(
            self,
            minimum_quality=self.minimum_quality or gate.minimum_quality,
            faces=self.faces or gate.faces,
        )


NO_RULES = EnrolmentRules()


class RejectionCode(StrEnum):
    """Why a face is not enrolled: the error codes of the rules, and of enrolment by upload.

    Attributes:
        NAME_NOT_UNIQUE: several persons have the name in the upload.
        OLDER_THAN_DELETION: the upload is older than the deletion of what it would create.
    """

    NO_FACE = "NoFace"
    SEVERAL_FACES = "SeveralFaces"
    BLURRED = "Blurred"
    TURNED_AWAY = "TurnedAway"
    TOO_SMALL = "TooSmall"
    LOW_QUALITY = "LowQuality"
    ALREADY_ENROLLED = "AlreadyEnrolled"
    UNLIKE_OTHERS = "UnlikeOthers"
    NAME_NOT_UNIQUE = "NameNotUnique"
    OLDER_THAN_DELETION = "OlderThanDeletion"
