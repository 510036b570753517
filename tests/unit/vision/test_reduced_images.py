"""An image that is reduced while it is decoded gives positions in pixels of its file."""

from __future__ import annotations

import io

import PIL.Image
import pytest

from shared.domain.face.attributes import Attribute
from shared.domain.face.geometry import Rectangle
from shared.services.recognition.image_analysis import ImageAnalysis
from shared.vision.analyzer import FaceAnalyzer
from tests.doubles.gates import OpenBudget, OpenGate
from tests.images import portrait

SIDES = (4_501, 5_603)
"""25.2 megapixels, both odd."""


@pytest.fixture(scope="module")
def analysis(analyzer: FaceAnalyzer) -> ImageAnalysis:
    return ImageAnalysis(analyzer, OpenGate(), OpenBudget(), lambda url: b"")


def content(kind: str, sides: tuple[int, int], **options: object) -> bytes:
    with PIL.Image.open(portrait("person_a_2")) as opened:
        buffer = io.BytesIO()
        opened.resize(sides).save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(("kind", "options"), [("JPEG", {"quality": 60})])
def test_a_large_image_has_the_same_face_at_its_own_size(
    kind: str, options: dict[str, object], analysis: ImageAnalysis
) -> None:
    small = (SIDES[0] // 3, SIDES[1] // 3)
    (near,) = analysis.faces(content(kind, small, **options), embed=True)
    (face,) = analysis.faces(
        content(kind, SIDES, **options), embed=True, landmarks=True, attributes=[Attribute.BLUR]
    )
    box, scaled = face.detection.rectangle, near.detection.rectangle
    expected = Rectangle(scaled.left * 3, scaled.top * 3, scaled.width * 3, scaled.height * 3)
    assert box.overlap(expected) > 0.93
    assert face.landmarks is not None
    pupil = face.landmarks.pupil_left
    assert box.left < pupil.x < box.right
    assert box.top < pupil.y < box.bottom
    assert face.embedding is not None and near.embedding is not None
    assert float(face.embedding.vector @ near.embedding.vector) > 0.95


def test_a_target_face_of_a_large_image_is_given_in_pixels_of_its_file(
    analysis: ImageAnalysis,
) -> None:
    large = content("JPEG", SIDES, quality=60)
    (face,) = analysis.faces(large, embed=True)
    chosen = analysis.embed_target_face(large, face.detection.rectangle)
    assert face.embedding is not None
    assert float(chosen.vector @ face.embedding.vector) == pytest.approx(1, abs=1e-4)
