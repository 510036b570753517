"""The rows of the vector index: one a face, one more a person with several."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from shared.domain.models import LengthRule
from shared.domain.values import Embedding
from shared.domain.vectors import VectorRow
from shared.gallery.normalisation.cohort import Cohort, cohort_means
from shared.services.training import index_rows as rows_module
from shared.services.training.index_rows import index_rows
from shared.storage.records.collections.training_faces import TrainingFace
from tests.unit.gallery.made_up_faces import random_uuids, unit

GENERATOR = np.random.default_rng(5)
COUNTS = (3, 1, 2, 1, 1, 4, 1)


def made_up() -> list[list[TrainingFace]]:
    """Persons with their faces."""
    persons = sorted(random_uuids(len(COUNTS), GENERATOR))
    return [
        [
            TrainingFace(
                person,
                face,
                Embedding(unit(GENERATOR.standard_normal(8, np.float32)), "made-up"),
            )
            for face in random_uuids(count, GENERATOR)
        ]
        for person, count in zip(persons, COUNTS, strict=True)
    ]


PERSONS = made_up()
FACES = [face for own in PERSONS for face in own]


def test_rows_that_are_not_normalised_are_the_faces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_module, "_PERSONS_AT_ONCE", 3)
    pages = list(index_rows(FACES, normalised=False))
    assert [len(page) for page in pages] == [6, 6, 1]
    for row, face in zip((row for page in pages for row in page), FACES, strict=True):
        assert (row.person_id, row.face_id, row.cohort_mean) == (face.person_id, face.face_id, None)
        assert row.vector.tobytes() == face.embedding.vector.tobytes()


def test_the_cohort_are_the_first_persons_by_their_first_face(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rows_module, "_PERSONS_AT_ONCE", 4)
    cohort = Cohort(
        np.stack([own[0].embedding.vector for own in PERSONS[:4]]),
        [own[0].person_id for own in PERSONS[:4]],
    )

    pages = list(index_rows(FACES, normalised=True))

    assert [len(page) for page in pages] == [9, 7]
    found = [row for page in pages for row in page]
    rows = {row.face_id: row for row in found if row.face_id is not None}
    assert len(rows) == len(FACES)
    for number, own in enumerate(PERSONS):
        column = np.array([number if number < 4 else -1])
        for face in own:
            row = rows[face.face_id]
            vector = face.embedding.vector
            assert row.person_id == face.person_id
            assert row.vector.tobytes() == vector.tobytes()
            assert row.several == (len(own) > 1)
            assert row.cohort_mean == pytest.approx(mean_of(vector, cohort, column), abs=1e-6)
        check_mean(own, found, cohort, column)


def test_rows_of_faces_and_means_contain_the_handicaps_of_their_lengths() -> None:
    rule = LengthRule(0.01, 12.0)
    lengths = [None if number == 4 else 8.0 + number for number in range(len(FACES))]
    faces = [
        replace(face, embedding=replace(face.embedding, length=length))
        for face, length in zip(FACES, lengths, strict=True)
    ]
    (without,) = index_rows(FACES, normalised=True)
    (found,) = index_rows(faces, normalised=True, rule=rule)
    of_faces = {
        face.face_id: rule.handicap(length) for face, length in zip(FACES, lengths, strict=True)
    }
    for row, plain in zip(found, without, strict=True):
        assert row.cohort_mean is not None and plain.cohort_mean is not None
        ids = row.mean_of if row.face_id is None else (row.face_id,)
        handicap = np.mean([of_faces[one] for one in ids])
        assert row.cohort_mean - plain.cohort_mean == pytest.approx(handicap, abs=1e-6)


def check_mean(
    own: list[TrainingFace],
    found: list[VectorRow],
    cohort: Cohort,
    column: np.typing.NDArray[np.int64],
) -> None:
    """A person with several faces has one row more, behind those; another has none."""
    of_person = [row for row in found if row.person_id == own[0].person_id]
    means = [row for row in of_person if row.face_id is None]
    if len(own) == 1:
        assert means == []
        return
    assert of_person[-1] is means[0]
    assert len(means) == 1
    expected = unit(sum((face.embedding.vector for face in own), np.zeros(8, np.float32)))
    assert means[0].vector == pytest.approx(expected, abs=1e-6)
    assert means[0].mean_of == tuple(face.face_id for face in own)
    assert means[0].cohort_mean == pytest.approx(mean_of(expected, cohort, column), abs=1e-6)


def mean_of(
    vector: np.typing.NDArray[np.float32], cohort: Cohort, column: np.typing.NDArray[np.int64]
) -> float:
    return float(cohort_means(vector[None], cohort, column)[0])


def test_faces_that_cancel_each_other_out_have_no_mean() -> None:
    person, *faces = random_uuids(3, GENERATOR)
    vector = unit(np.ones(8, np.float32))
    opposed = [
        TrainingFace(person, face, Embedding(sign * vector, "made-up"))
        for face, sign in zip(faces, (np.float32(1), np.float32(-1)), strict=True)
    ]
    ((first, second),) = index_rows(opposed, normalised=True)
    assert [first.face_id, second.face_id] == faces
    assert first.several and second.several


def test_faces_that_are_far_apart_have_a_mean_all_the_same() -> None:
    person, *faces = random_uuids(3, GENERATOR)
    vectors = np.array([[1, 0], [-0.9, np.sqrt(0.19)]], np.float32)
    apart = [
        TrainingFace(person, face, Embedding(vector, "made-up"))
        for face, vector in zip(faces, vectors, strict=True)
    ]
    ((*_, mean),) = index_rows(apart, normalised=True)
    assert mean.face_id is None
    assert mean.vector == pytest.approx(unit(vectors.sum(axis=0)), abs=1e-6)
