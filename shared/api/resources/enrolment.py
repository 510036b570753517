"""The rules of enrolment in the query."""

from __future__ import annotations

from shared.api import parameters as p
from shared.api.call import Call
from shared.domain.face.attributes import Level
from shared.domain.face.enrolment import EnrolmentRules, FaceChoice


def enrolment_rules(call: Call) -> EnrolmentRules:
    """What the image must meet; nothing unless the query says so."""
    quality, faces = call.arguments[p.MINIMUM_QUALITY], call.arguments[p.ENROLLED_FACES]
    return EnrolmentRules(
        None if quality is None else Level(quality), None if faces is None else FaceChoice(faces)
    )
