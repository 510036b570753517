"""The rules of enrolment in the query."""

from __future__ import annotations

from shared.api import parameters as p
from shared.api.call import Call
from shared.domain.face.enrolment import EnrolmentRules, FaceChoice, MinimumQuality


def enrolment_rules(call: Call) -> EnrolmentRules:
    """The rules in the query; the collection's gate completes them."""
    quality, faces = call.arguments[p.MINIMUM_QUALITY], call.arguments[p.ENROLLED_FACES]
    return EnrolmentRules(
        None if quality is None else MinimumQuality(quality),
        None if faces is None else FaceChoice(faces),
    )
