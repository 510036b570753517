"""The curve of confidence, fitted on faces made up of random numbers."""

from __future__ import annotations

import numpy as np

from tools.measure.accuracy.calibration import fitted_knots
from tools.measure.accuracy.embeddings import FaceSet


def _faces(people: int, images: int) -> FaceSet:
    """Random unit vectors, those of one person near one another."""
    generator = np.random.default_rng(1)
    centres = generator.normal(size=(people, 1, 32))
    vectors = (centres + 0.5 * generator.normal(size=(people, images, 32))).reshape(-1, 32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    count = len(vectors)
    return FaceSet(
        vectors.astype(np.float32),
        np.ones(count, np.float32),
        np.ones(count, np.bool_),
        np.repeat(np.arange(people), images),
        np.arange(count) // images % 4 + 1,
        {},
    )


def test_the_fitted_curve_puts_one_half_where_5_of_10_000_pairs_of_two_people_pass() -> None:
    faces = _faces(people=300, images=2)
    cosine = next(cosine for cosine, confidence in fitted_knots(faces) if confidence == 0.5)
    cosines = faces.vectors @ faces.vectors.T
    other = cosines[faces.people[:, None] < faces.people[None]]
    assert 0.0004 < float((other >= cosine).mean()) <= 0.0005
