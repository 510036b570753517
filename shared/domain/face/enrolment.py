"""Rules that an image must meet before its face is enrolled."""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class EnrolmentRules:
    """What a caller requires of an image; without rules it is enrolled as Azure enrols it.

    Attributes:
        minimum_quality: the least qualityForRecognition. A face is compared with those enrolled
            too, whatever the level; None: neither quality nor likeness is checked.
        faces: None: the only one, rejected as Azure rejects it.
    """

    minimum_quality: Level | None = None
    faces: FaceChoice | None = None

    @property
    def any(self) -> bool:
        """Whether there are rules."""
        return self.minimum_quality is not None or self.faces is not None


NO_RULES = EnrolmentRules()


class RejectionCode(StrEnum):
    """Why a face is not enrolled: the error codes of the rules, and of enrolment by upload.

    Attributes:
        NAME_NOT_UNIQUE: several persons bear the name that an upload names.
        OLDER_THAN_DELETION: the upload is older than the deletion of what it would make.
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
