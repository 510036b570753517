"""Where persons and faces of a collection lie: in one partition or in sixteen, in order of id."""

from __future__ import annotations

import numpy as np
import pytest

from shared.domain.collections import LARGE_PERSON_GROUP, PERSON_GROUP
from shared.domain.values import Collection, Embedding, PersistedFace
from shared.storage.documents.store import DocumentContainer, DocumentStore, Key
from shared.storage.layout import PEOPLE
from shared.storage.records.face_documents import (
    count_faces,
    face_body,
    face_document_id,
    partition_of,
    partitions,
    partitions_from,
    walk_faces,
)
from tests.doubles.identifiers import new_id
from tests.doubles.stores import shorten_pages

SMALL = Collection(PERSON_GROUP, "people", "", "recognition_04", "incarnation")
LARGE = Collection(LARGE_PERSON_GROUP, "people", "", "recognition_04", "incarnation")
PERSON = "7123abcd-0000-4000-8000-000000000005"


@pytest.fixture
def container(store: DocumentStore) -> DocumentContainer:
    return store.container(PEOPLE)


def test_the_first_digit_selects_the_partition_where_there_are_sixteen() -> None:
    assert partition_of(SMALL, PERSON) == "incarnation:0"
    assert partition_of(LARGE, PERSON) == "incarnation:7"
    assert partitions("incarnation", 1) == ["incarnation:0"]
    assert partitions("incarnation", 16) == [f"incarnation:{one}" for one in "0123456789abcdef"]


@pytest.mark.parametrize(("start", "first"), [("", "0"), ("0", "0"), (PERSON, "7"), ("f9", "f")])
def test_what_follows_an_id_lies_in_its_partition_or_a_later_one(start: str, first: str) -> None:
    digits = "0123456789abcdef"
    expected = [f"incarnation:{one}" for one in digits[digits.index(first) :]]
    assert partitions_from(LARGE, start) == expected
    assert partitions_from(SMALL, start) == ["incarnation:0"]


@pytest.mark.parametrize("collection", [SMALL, LARGE], ids=["small", "large"])
def test_all_faces_are_walked_once_in_order_of_person(
    container: DocumentContainer, monkeypatch: pytest.MonkeyPatch, collection: Collection
) -> None:
    made = []
    for _ in range(40):
        face = PersistedFace(new_id(), new_id(), Embedding(np.array([1, 0], np.float32), "model"))
        name = face_document_id(face.person_id, face.persisted_face_id)
        container.create(Key(partition_of(collection, face.person_id), name), face_body(face))
        made.append((face.person_id, face.persisted_face_id))
    shorten_pages(monkeypatch, container, 2)

    walked = [face for page in walk_faces(container, collection) for face in page]

    assert [(face.person_id, face.persisted_face_id) for face in walked] == sorted(made)
    assert count_faces(container, collection) == 40
