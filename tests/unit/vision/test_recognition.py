from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from shared.domain.errors import InvalidModel
from shared.vision.analyzer import FaceAnalyzer
from shared.vision.embedder import Embedder
from shared.vision.images import Image
from shared.vision.runtime.manifest import Manifest, Task
from tests.images import portrait
from tests.unit.vision.turned import turned

SAME_PERSON_COSINE = 0.388
"""Confidence 0.5 on the shipped curve."""


def _embedding(analyzer: FaceAnalyzer, path: Path) -> NDArray[np.float32]:
    image = analyzer.decode(path.read_bytes())
    (face,) = analyzer.detect(image)
    (embedding,) = analyzer.embed(image, [face])
    return embedding.vector


def test_an_embedding_is_a_unit_vector_stamped_with_its_model(analyzer: FaceAnalyzer) -> None:
    image = analyzer.decode(portrait("person_a_1").read_bytes())
    (embedding,) = analyzer.embed(image, analyzer.detect(image))
    assert embedding.model == analyzer.embedding_model == "sface_2021dec"
    assert embedding.vector.dtype == np.float32
    assert embedding.vector.shape == (analyzer.dimension,) == (128,)
    assert float(np.linalg.norm(embedding.vector)) == pytest.approx(1, abs=1e-6)


def test_an_embedding_keeps_its_length_before_it_was_normalised(analyzer: FaceAnalyzer) -> None:
    image = analyzer.decode(portrait("person_a_1").read_bytes())
    (face,) = analyzer.detect(image)
    (embedding,) = analyzer.embed(image, [face])
    (seen,) = analyzer.analyze(image, [face], embed=True)
    assert embedding.length is not None
    assert 5 < embedding.length < 30
    assert seen.embedding is not None
    assert seen.embedding.length == embedding.length


def test_portraits_of_one_person_match_and_those_of_two_do_not(analyzer: FaceAnalyzer) -> None:
    people = {
        "person_a_1": "a",
        "person_a_2": "a",
        "person_b_1": "b",
        "person_b_2": "b",
        "impostor_1": "c",
        "impostor_2": "d",
    }
    vectors = {name: _embedding(analyzer, portrait(name)) for name in people}
    for one, other in combinations(people, 2):
        confidence = analyzer.confidence.confidence(float(vectors[one] @ vectors[other]))
        assert (confidence >= 0.5) == (people[one] == people[other]), (one, other, confidence)


def test_the_same_image_gives_the_same_embeddings(analyzer: FaceAnalyzer) -> None:
    first, second = (_embedding(analyzer, portrait("impostor_1")) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_a_faces_embedding_does_not_depend_on_other_faces_in_the_image(
    analyzer: FaceAnalyzer,
) -> None:
    one, other = (
        analyzer.decode(portrait(name).read_bytes()) for name in ("impostor_1", "person_b_2")
    )
    height = max(one.height, other.height)
    pair = np.zeros((height, one.width + other.width, 3), np.uint8)
    pair[: one.height, : one.width] = one.pixels
    pair[: other.height, one.width :] = other.pixels
    image = Image(pair)
    faces = analyzer.detect(image)
    assert len(faces) == 2
    together = analyzer.embed(image, faces)
    for face, embedding in zip(faces, together, strict=True):
        (alone,) = analyzer.embed(image, [face])
        np.testing.assert_array_equal(embedding.vector, alone.vector)


def test_no_faces_make_no_embeddings(analyzer: FaceAnalyzer) -> None:
    assert analyzer.embed(Image(np.zeros((10, 10, 3), np.uint8)), []) == ()


def test_a_face_is_known_again_when_it_is_turned_and_small(analyzer: FaceAnalyzer) -> None:
    original = _embedding(analyzer, portrait("impostor_2"))
    with PIL.Image.open(portrait("impostor_2")) as opened:
        turned = opened.convert("RGB").rotate(10, PIL.Image.Resampling.BICUBIC)
        small = turned.resize((turned.width // 5, turned.height // 5), reducing_gap=3.0)
    image = Image(np.ascontiguousarray(np.asarray(small)))
    (face,) = analyzer.detect(image)
    assert face.rectangle.width < 90
    (embedding,) = analyzer.embed(image, [face])
    assert float(embedding.vector @ original) > 0.7  # confidence 0.9


class _Answering:
    """A recognition model that returns the given numbers."""

    def __init__(self, answer: NDArray[np.float32]) -> None:
        self._answer = answer

    def run(
        self, outputs: Sequence[str] | None, feeds: Mapping[str, NDArray[np.float32]]
    ) -> list[NDArray[np.float32]]:
        return [self._answer]


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (np.ones((1, 512), np.float32), "512 numbers"),
        (np.zeros((1, 128), np.float32), "without direction"),
        (np.full((1, 128), np.nan, np.float32), "without direction"),
    ],
)
def test_a_model_that_does_not_answer_as_its_entry_says_is_refused(
    manifest: Manifest, answer: NDArray[np.float32], complaint: str
) -> None:
    embedder = Embedder(_Answering(answer), manifest.first(Task.RECOGNITION))
    with pytest.raises(InvalidModel, match=complaint):
        embedder.embed(np.zeros((112, 112, 3), np.uint8))


def test_a_probe_notices_a_recognition_model_that_answers_otherwise(
    analyzer: FaceAnalyzer, manifest: Manifest
) -> None:
    analyzer.probe()
    wrong = Embedder(_Answering(np.ones((1, 512), np.float32)), manifest.first(Task.RECOGNITION))

    with pytest.raises(InvalidModel, match="512 numbers"):
        analyzer.with_embedder(wrong, analyzer.confidence).probe()


def test_a_detector_s_entry_makes_no_embedder(manifest: Manifest) -> None:
    with pytest.raises(InvalidModel, match="no embeddings"):
        Embedder(_Answering(np.ones((1, 128), np.float32)), manifest.first(Task.DETECTION))


def test_a_face_that_is_not_aligned_is_refused(manifest: Manifest) -> None:
    embedder = Embedder(_Answering(np.ones((1, 128), np.float32)), manifest.first(Task.RECOGNITION))
    with pytest.raises(ValueError, match="112"):
        embedder.embed(np.zeros((96, 96, 3), np.uint8))


def test_the_adults_of_two_families_are_distinguished(analyzer: FaceAnalyzer, data: Path) -> None:
    embeddings = {
        person: [
            _embedding(analyzer, path) for path in sorted((data / "faces").glob(f"{person}?.jpg"))
        ]
        for person in ("Family1-Dad", "Family1-Mom", "Family2-Lady", "Family2-Man")
    }
    faces = [(person, vector) for person, vectors in embeddings.items() for vector in vectors]
    assert len(faces) == 9
    for (one, vector), (other, second) in combinations(faces, 2):
        assert (float(vector @ second) >= SAME_PERSON_COSINE) == (one == other), (one, other)


def test_labeled_faces_in_the_wild_are_distinguished(analyzer: FaceAnalyzer, data: Path) -> None:
    """A hundred pairs of fold 1, half of them of one person; `make accuracy` measures all."""
    with (data / "lfw" / "pairs.csv").open(encoding="utf-8", newline="") as file:
        pairs = [row for row in csv.reader(file) if row[0] == "1"]
    chosen = [row for row in pairs if row[1] == "1"][:50] + [row for row in pairs if row[1] == "0"][
        :50
    ]
    assert len(chosen) == 100
    right = 0
    for _, same, *names in chosen:
        one, other = (_central(analyzer, data / "lfw" / "images" / name) for name in names)
        right += (float(one @ other) >= SAME_PERSON_COSINE) == (same == "1")
    assert right >= 98


def _central(analyzer: FaceAnalyzer, path: Path) -> NDArray[np.float32]:
    """The embedding of the face nearest the centre, which is the labelled one."""
    image = analyzer.decode(path.read_bytes())
    face = min(
        analyzer.detect(image),
        key=lambda face: (
            abs(face.rectangle.left + face.rectangle.width / 2 - image.width / 2)
            + abs(face.rectangle.top + face.rectangle.height / 2 - image.height / 2)
        ),
    )
    (embedding,) = analyzer.embed(image, [face])
    return embedding.vector


@pytest.mark.parametrize("degrees", [-30, -20, 20, 30])
def test_a_leaning_head_is_recognised_as_well_as_an_upright_one(
    analyzer: FaceAnalyzer, degrees: int
) -> None:
    def embedding(image: Image) -> NDArray[np.float32]:
        return analyzer.embed(image, analyzer.detect(image)[:1])[0].vector

    for first, second in (("person_a_2", "person_a_1"), ("person_b_1", "person_b_2")):
        known = embedding(analyzer.decode(portrait(first).read_bytes()))
        image = analyzer.decode(portrait(second).read_bytes())
        width = analyzer.detect(image)[0].rectangle.width
        size = (round(image.width * 80 / width), round(image.height * 80 / width))
        small = Image(np.asarray(PIL.Image.fromarray(image.pixels).resize(size)))
        upright, leaning = embedding(small), embedding(turned(small, degrees))
        assert float(known @ leaning) > float(known @ upright) - 0.06
