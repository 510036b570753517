"""UnlikeOthers: how often enrolment rejects images of another person and of the right person."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shared.services.collections.enrolment_gate import UNLIKE_CONFIDENCE
from tools.measure.accuracy.family_crops import family_faces
from tools.measure.accuracy.galleries import Faces
from tools.measure.accuracy.identification import lfw_faces
from tools.measure.accuracy.table import Table, proportion
from tools.measure.accuracy.verification import service_curve

_ENROLLED = (1, 3)
_SEED = 23


def measure() -> Table:
    """Images rejected as unlike the person's faces, by the number of these faces."""
    cosine = service_curve().cosine(UNLIKE_CONFIDENCE)
    rows = []
    for name, known in (("LFW", lfw_faces()), ("families", family_faces())):
        for faces in _ENROLLED:
            own, others = best_cosines(known, faces)
            rows.append(
                (
                    name,
                    faces,
                    len(own),
                    proportion(int((others < cosine).sum()), len(others)),
                    proportion(int((own < cosine).sum()), len(own)),
                )
            )
    return Table(
        "Images that enrolment with a minimum quality rejects as UnlikeOthers: one of another"
        " person, and another one of the person, for each person with enough images; 95 %"
        " intervals",
        ("set", "enrolled faces", "persons", "another person", "the person"),
        rows,
    )


def best_cosines(known: Faces, faces: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The highest cosine of an image with a person's faces: the person's image, another person's.

    Args:
        faces: number of each person's images that are enrolled; persons without a further image
            are left out.

    Returns:
        Two arrays with one entry per person.
    """
    generator = np.random.default_rng(_SEED)
    order = generator.permutation(len(known.people))
    order = order[np.argsort(known.people[order], kind="stable")]
    people = np.split(order, np.flatnonzero(np.diff(known.people[order])) + 1)
    several = [rows for rows in people if len(rows) > faces]
    own, others = [], []
    for rows in several:
        enrolled = known.vectors[rows[:faces]]
        stranger = generator.choice(np.flatnonzero(known.people != known.people[rows[0]]))
        own.append(enrolled @ known.vectors[rows[faces]])
        others.append(enrolled @ known.vectors[stranger])
    return np.array(own).max(axis=1), np.array(others).max(axis=1)
