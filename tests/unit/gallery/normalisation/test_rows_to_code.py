"""What the codes of persons with several faces stand for."""

from __future__ import annotations

import numpy as np
import pytest

from shared.gallery.normalisation.figures import Figures, rows_to_code
from tests.unit.gallery.made_up_faces import unit

VECTORS = unit(np.array([[1, 0, 0, 0.1], [1, 0.5, 0, 0], [1, -0.5, 0, 0]], np.float32))
OFFSETS = np.array([0, 3], np.int64)
LENGTH = np.linalg.norm(VECTORS.sum(axis=0)).astype(np.float32)


@pytest.mark.parametrize(
    ("means", "replaced"),
    [
        pytest.param([0.2, 0.2, 0.2], 0, id="the face nearest to the mean"),
        pytest.param([0.0, 0.2, 0.3], 2, id="not where that face has a low handicap"),
    ],
)
def test_a_mean_replaces_the_face_that_it_stands_for_best(
    means: list[float], replaced: int
) -> None:
    figures = Figures(
        np.array(means, np.float32), np.array([0.2], np.float32), np.array([LENGTH], np.float32)
    )

    rows = rows_to_code(VECTORS, OFFSETS, figures)[:, :4]

    kept = [row for row in range(3) if row != replaced]
    assert rows[kept].tobytes() == VECTORS[kept].tobytes()
    assert rows[replaced] == pytest.approx(VECTORS.sum(axis=0) / LENGTH, abs=1e-6)
