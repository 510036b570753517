"""JSON bodies of a collection's rules of enrolment."""

from __future__ import annotations

from typing import Annotated

import msgspec

from shared.api.bodies.wire import Wire
from shared.domain.errors import BadArgument
from shared.domain.face.attributes import Level
from shared.domain.face.enrolment import EnrolmentRules, FaceChoice, MinimumQuality

_Level = Annotated[str, msgspec.Meta(extra_json_schema={"enum": [*Level]})]
_Faces = Annotated[str, msgspec.Meta(extra_json_schema={"enum": [*FaceChoice]})]


class GateBody(Wire, frozen=True):
    """What an image must meet where its request does not say: one member or both."""

    minimum_quality: _Level | None = None
    faces: _Faces | None = None

    @classmethod
    def of(cls, rules: EnrolmentRules) -> GateBody | None:
        """The wire form of rules; None where there are none."""
        return cls(rules.minimum_quality, rules.faces) if rules.any else None


class GateAnswer(Wire, frozen=True, omit_defaults=False):
    """A collection's gate; null: the collection has no such rule."""

    collection: str
    minimum_quality: _Level | None
    faces: _Faces | None


def checked_gate(body: GateBody) -> EnrolmentRules:
    """Validate the rules of a gate.

    Raises:
        BadArgument: there are none, or one does not exist.
    """
    quality, faces = body.minimum_quality, body.faces
    if quality is None and faces is None:
        raise BadArgument("Both 'minimumQuality' and 'faces' are empty.")
    if quality is not None and quality not in [*Level]:
        raise BadArgument("'minimumQuality' is invalid. Use low, medium or high.")
    if faces is not None and faces not in [*FaceChoice]:
        raise BadArgument("'faces' is invalid. Use only or largest.")
    return EnrolmentRules(
        None if quality is None else MinimumQuality(quality),
        None if faces is None else FaceChoice(faces),
    )
