"""Describes the attributes of a face: members, ranges, meanings and detection models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from shared.api.resources.face_attributes import SUPPORTED
from shared.domain.face.attributes import Attribute


@dataclass(frozen=True, slots=True)
class Meaning:
    """The description of an attribute.

    Attributes:
        members: of its value, with their ranges.
        text: what they mean.
    """

    members: str
    text: str


MEANINGS: Mapping[Attribute, Meaning] = {
    Attribute.HEAD_POSE: Meaning(
        "pitch, roll, yaw: degrees, -180 to 180",
        "How the head is turned: pitch is positive upwards, roll clockwise in the image, yaw"
        " towards the image's right. All are 0 for a face that looks ahead.",
    ),
    Attribute.BLUR: Meaning(
        "blurLevel: low, medium, high; value: 0 to 1",
        "How blurred the face is. Low below 0.25, high from 0.75 on. A small face counts as"
        " blurred, since enlarging blurs it.",
    ),
    Attribute.EXPOSURE: Meaning(
        "exposureLevel: underExposure, goodExposure, overExposure; value: 0 to 1",
        "How bright the face is. Under below 0.25, over from 0.75 on.",
    ),
    Attribute.NOISE: Meaning(
        "noiseLevel: low, medium, high; value: 0 to 1",
        "How noisy the image is there. Low below 0.3, high from 0.7 on.",
    ),
    Attribute.MASK: Meaning(
        "type: noMask, faceMask, otherMaskOrOcclusion, uncertain; noseAndMouthCovered: true, false",
        "What covers the lower face, and whether it covers both nose and mouth.",
    ),
    Attribute.OCCLUSION: Meaning(
        "foreheadOccluded, eyeOccluded, mouthOccluded: true, false",
        "Which parts are hidden. Sunglasses hide the eyes, a mask the mouth.",
    ),
    Attribute.GLASSES: Meaning(
        "noGlasses, readingGlasses, sunglasses; under v1.0 NoGlasses, ReadingGlasses, Sunglasses",
        "The glasses that the face wears. Swimming goggles are never reported.",
    ),
    Attribute.ACCESSORIES: Meaning(
        "a list of: type: headwear, glasses, mask; confidence: 0 to 1",
        "What the face wears; empty where it wears none of them.",
    ),
    Attribute.QUALITY: Meaning(
        "low, medium, high",
        "Whether the face is good enough to be recognised: enrol high, identify high and medium."
        " With recognition_03 and recognition_04 only.",
    ),
}
"""Members and levels as shared/domain/face/attributes.py has them."""


def attributes_table() -> str:
    """The content of a table, as HTML."""
    rows = "".join(
        f"<tr><td><code>{escape(attribute)}</code></td><td>{escape(meaning.members)}</td>"
        f"<td>{escape(meaning.text)}</td><td>{escape(_models(attribute))}</td></tr>"
        for attribute, meaning in MEANINGS.items()
    )
    heads = "<th>attribute</th><th>value</th><th>meaning</th><th>detection models</th>"
    return f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody>"


def _models(attribute: Attribute) -> str:
    return ", ".join(model for model, supported in SUPPORTED.items() if attribute in supported)
