"""Galleries of the measurements of identification."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.domain.models import LengthRule
from tools.measure.accuracy.galleries import Draw, Faces, Gallery

_PERSONS = 30
_UNBOUNDED = -1.0


def _faces(lengths: list[float] | None) -> Faces:
    """Two images of each person: of the first ones the lengths are given, then of the second."""
    generator = np.random.default_rng(3)
    centres = np.tile(generator.normal(size=(_PERSONS, 64)), (2, 1))
    vectors = (centres + 0.5 * generator.normal(size=centres.shape)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    people = np.tile(np.arange(_PERSONS), 2)
    return Faces(vectors, people, None if lengths is None else np.array(lengths, np.float32))


def _scores(faces: Faces, rule: LengthRule) -> NDArray[np.float32]:
    first, second = np.arange(_PERSONS), np.arange(_PERSONS, 2 * _PERSONS)
    gallery = Gallery(faces, Draw(first, second, second[:0]), rule)
    return gallery.scores(second, gallery.subtractions(second, _UNBOUNDED))


def test_scores_are_lowered_by_what_the_lengths_of_both_images_count() -> None:
    rule = LengthRule(weight=0.01, typical=12.0)
    known = _scores(_faces([14.0] * _PERSONS + [11.0] * _PERSONS), rule)
    unknown = _scores(_faces(None), rule)
    assert known == pytest.approx(unknown - 0.02 + 0.01, abs=1e-6)


def test_some_of_the_images_keep_their_people_and_lengths() -> None:
    faces = _faces([float(one) for one in range(1, 2 * _PERSONS + 1)])
    chosen = faces.some(faces.people == 4)
    assert chosen.people.tolist() == [4, 4]
    assert chosen.lengths is not None
    assert chosen.lengths.tolist() == [5.0, 35.0]
    assert faces.some(np.array([7])).vectors.tolist() == [faces.vectors[7].tolist()]
