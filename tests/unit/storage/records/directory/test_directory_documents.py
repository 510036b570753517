"""Where the directory's documents lie, and what their ids say."""

from __future__ import annotations

import numpy as np
import pytest

from shared.domain.directory import DynamicGroup
from shared.domain.values import Embedding, PersistedFace
from shared.storage.documents.store import Document, Key
from shared.storage.records.directory.documents import (
    PARTITIONS,
    face_body,
    face_key,
    partitions_from,
    read_face,
    read_reference,
    reference_id,
)
from tests.doubles.identifiers import new_id

PERSON = "7123abcd-0000-4000-8000-000000000005"


@pytest.mark.parametrize(("start", "first"), [("", 0), ("0", 0), (PERSON, 7), ("f9", 15)])
def test_what_follows_a_person_lies_in_its_partition_or_a_later_one(start: str, first: int) -> None:
    assert partitions_from(start) == PARTITIONS[first:]


def test_a_reference_names_its_group() -> None:
    group = DynamicGroup("a_group-1", new_id())
    reference = Document(Key(PARTITIONS[7], reference_id(PERSON, group)), {}, "etag")
    assert read_reference(reference) == group


@pytest.mark.parametrize("model", ["recognition_04", "recognition.05"])
def test_a_face_names_its_person_whatever_its_model_is_called(model: str) -> None:
    embedding = Embedding(np.array([1, 0], np.float32), "model")
    face = PersistedFace(new_id(), PERSON, embedding, "data")
    read = read_face(Document(face_key(model, PERSON, face.persisted_face_id), face_body(face), ""))
    assert (read.person_id, read.persisted_face_id) == (PERSON, face.persisted_face_id)
    assert (read.user_data, read.embedding.model) == ("data", "model")
    assert read.embedding.vector.tolist() == [1, 0]
