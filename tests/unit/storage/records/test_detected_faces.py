"""Detected faces are read in the order of their ids, however many there are."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from shared.domain.errors import FaceNotFound
from shared.domain.face.geometry import Rectangle
from shared.domain.limits import FIND_SIMILAR_FACE_IDS
from shared.domain.values import DetectedFace, Embedding
from shared.storage.documents.checked import CheckedDocumentStore
from shared.storage.documents.store import DocumentStore
from shared.storage.layout import FACES
from shared.storage.records.detected_faces import DetectedFaces
from tests.doubles.clocks import ManualClock
from tests.doubles.identifiers import new_id

MOST_COMPARED = 1 + FIND_SIMILAR_FACE_IDS[1]
"""The query face of find similar, and all others."""


@pytest.fixture
def faces(store: DocumentStore, clock: ManualClock) -> DetectedFaces:
    """Of a store that checks what it is asked for."""
    return DetectedFaces(CheckedDocumentStore(store).container(FACES), clock)


def face(clock: ManualClock) -> DetectedFace:
    """A face that is kept for an hour."""
    embedding = Embedding(np.array([0.6, 0.8], np.float32), "model", None)
    expires = clock.now() + timedelta(hours=1)
    return DetectedFace(
        new_id(), Rectangle(0, 0, 10, 10), embedding, "recognition_04", "detection_03", expires
    )


@pytest.mark.parametrize("number", [1, MOST_COMPARED - 1, MOST_COMPARED, 2_500])
def test_so_many_faces_are_read_in_order(
    faces: DetectedFaces, clock: ManualClock, number: int
) -> None:
    made = [face(clock) for _ in range(number)]
    for begin in range(0, number, 100):
        faces.add(made[begin : begin + 100])
    ids = [one.face_id for one in reversed(made)]
    assert [one.face_id for one in faces.all_of(ids)] == ids
    with pytest.raises(FaceNotFound):
        faces.all_of([*ids[1:], new_id()])
