"""Embeddings are read from documents as they were stored, with the length before normalising."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from shared.domain.collections import PERSON_GROUP
from shared.domain.face.geometry import Rectangle
from shared.domain.values import Collection, DetectedFace, Embedding, PersistedFace
from shared.storage.documents.store import DocumentStore, Key
from shared.storage.layout import FACES, PEOPLE
from shared.storage.records.collections.training_faces import TrainingFaces
from shared.storage.records.detected_faces import DetectedFaces
from shared.storage.records.embeddings import embedding_members, read_embedding
from shared.storage.records.face_documents import (
    face_body,
    face_document_id,
    partition_of,
    walk_faces,
)
from tests.doubles.clocks import ManualClock
from tests.doubles.identifiers import new_id

VECTOR = np.array([0.6, 0.8], np.float32)
GROUP = Collection(PERSON_GROUP, "people", "", "recognition_04", "incarnation")
LENGTHS = pytest.mark.parametrize("length", [12.345678901234567, None])


@LENGTHS
def test_an_embedding_is_read_as_it_was_stored(length: float | None) -> None:
    found = read_embedding(embedding_members(Embedding(VECTOR, "model", length)))
    np.testing.assert_array_equal(found.vector, VECTOR)
    assert (found.model, found.length) == ("model", length)


def test_a_document_of_an_older_version_has_no_length() -> None:
    older = {"embedding": "mpkZP83MTD8=", "embeddingModel": "model", "userData": None}
    found = read_embedding(older)
    np.testing.assert_array_equal(found.vector, VECTOR)
    assert found.length is None
    assert embedding_members(found).keys() == {"embedding", "embeddingModel"}


@LENGTHS
def test_detected_faces_keep_the_length(
    store: DocumentStore, clock: ManualClock, length: float | None
) -> None:
    faces = DetectedFaces(store.container(FACES), clock)
    face = DetectedFace(
        new_id(),
        Rectangle(0, 0, 10, 10),
        Embedding(VECTOR, "model", length),
        "recognition_04",
        "detection_03",
        clock.now() + timedelta(hours=1),
    )
    faces.add([face])
    (found,) = faces.all_of([face.face_id])
    assert found.embedding.length == length


@LENGTHS
def test_training_and_search_read_the_length_of_persisted_faces(
    store: DocumentStore, length: float | None
) -> None:
    container = store.container(PEOPLE)
    face = PersistedFace(new_id(), new_id(), Embedding(VECTOR, "model", length))
    name = face_document_id(face.person_id, face.persisted_face_id)
    partition = partition_of(GROUP, face.person_id)
    container.create(Key(partition, name), face_body(face))

    training = TrainingFaces(container)
    ((trained,),) = training.walk(partition)
    ((walked,),) = walk_faces(container, GROUP)

    assert trained.embedding.length == walked.embedding.length == length
