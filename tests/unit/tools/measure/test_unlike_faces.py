"""What enrolment's comparison with a person's own faces is measured on."""

from __future__ import annotations

import numpy as np

from tests.unit.gallery.made_up_faces import unit
from tools.measure.accuracy.discovery.unlike_faces import best_cosines
from tools.measure.accuracy.galleries import Faces


def test_persons_with_enough_images_are_compared_with_their_own_and_another_s() -> None:
    generator = np.random.default_rng(1)
    people = np.repeat([0, 1, 2], [4, 2, 5])
    noise = 0.1 * generator.standard_normal((len(people), 16))
    vectors = unit((np.eye(16)[people] + noise).astype(np.float32))
    own, others = best_cosines(Faces(vectors, people), 3)
    assert len(own) == len(others) == 2
    assert own.min() > 0.7
    assert others.max() < 0.7
    assert len(best_cosines(Faces(vectors, people), 1)[0]) == 3
