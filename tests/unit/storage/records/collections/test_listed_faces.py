"""Faces of lists: a face list counts its own, a large one does not."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest

from shared.domain.collections import FACE_LIST, LARGE_FACE_LIST
from shared.domain.errors import (
    ConcurrentOperation,
    DocumentChanged,
    DocumentConflict,
    DocumentExists,
    DocumentMissing,
    PersistedFaceNotFound,
    QuotaExceeded,
)
from shared.domain.values import Collection, Embedding, PersistedFace
from shared.storage.documents.store import Document, DocumentContainer, DocumentStore, Key
from shared.storage.layout import PEOPLE
from shared.storage.records.collections import listed_faces as module
from shared.storage.records.collections.listed_faces import ListedFaces, Roster
from shared.storage.records.face_documents import face_document_id, partition_of
from tests.doubles.identifiers import new_id
from tests.unit.storage.records.refused_writes import refuse_writes

ATTEMPTS = 20
SMALL = Collection(FACE_LIST, "faces", "", "recognition_04", "0123abcd-0000-4000-8000-000000000000")
LARGE = Collection(
    LARGE_FACE_LIST, "faces", "", "recognition_04", "0123abcd-0000-4000-8000-000000000001"
)
BOTH = pytest.mark.parametrize("collection", [SMALL, LARGE], ids=["list", "large list"])


@pytest.fixture
def container(store: DocumentStore) -> DocumentContainer:
    return store.container(PEOPLE)


@pytest.fixture
def listed(container: DocumentContainer) -> ListedFaces:
    return ListedFaces(container)


def made_up_face() -> PersistedFace:
    face_id = new_id()
    return PersistedFace(face_id, face_id, Embedding(np.array([1, 0], np.float32), "model"))


def added(listed: ListedFaces, collection: Collection, number: int) -> list[str]:
    """So many new faces; answers their ids in order."""
    faces = [made_up_face() for _ in range(number)]
    for face in faces:
        listed.add(collection, face, maximum=number)
    return sorted(face.persisted_face_id for face in faces)


@BOTH
def test_a_face_is_read_until_it_is_deleted(listed: ListedFaces, collection: Collection) -> None:
    first, second = added(listed, collection, 2)
    assert listed.get(collection, first).persisted_face_id == first
    assert [face.persisted_face_id for face in listed.all(collection)] == [first, second]
    assert listed.count(collection) == 2
    if collection is SMALL:
        listed.delete(collection, first)
        with pytest.raises(PersistedFaceNotFound, match=f"Persisted face {first} is not"):
            listed.get(collection, first)
        with pytest.raises(PersistedFaceNotFound):
            listed.delete(collection, first)
        assert listed.count(collection) == 1
        assert listed.roster(collection).faces == 1
    else:
        absent = new_id()
        with pytest.raises(PersistedFaceNotFound, match=f"Large Face List Face {absent} is not"):
            listed.get(collection, absent)


def test_every_change_of_a_face_list_changes_its_roster(listed: ListedFaces) -> None:
    assert listed.roster(SMALL) == Roster(0, "")
    revisions = {""}
    first, _ = added(listed, SMALL, 2)
    assert listed.roster(SMALL).faces == 2
    revisions.add(listed.roster(SMALL).revision)
    listed.delete(SMALL, first)
    assert listed.roster(SMALL).faces == 1
    revisions.add(listed.roster(SMALL).revision)
    assert len(revisions) == 3
    added(listed, LARGE, 1)
    assert listed.roster(LARGE) == Roster(0, "")


def test_a_face_list_has_a_maximum_and_a_large_one_none(listed: ListedFaces) -> None:
    for collection in (SMALL, LARGE):
        listed.add(collection, made_up_face(), maximum=1)
    with pytest.raises(QuotaExceeded):
        listed.add(SMALL, made_up_face(), maximum=1)
    listed.add(LARGE, made_up_face(), maximum=1)
    assert (listed.count(SMALL), listed.count(LARGE)) == (1, 2)


def test_a_face_that_is_there_is_not_added_again(listed: ListedFaces) -> None:
    face = made_up_face()
    asked: list[int] = []
    for collection in (SMALL, LARGE):
        listed.add(collection, face, maximum=1, verify=lambda: asked.append(1))
    assert asked == [1]
    listed.add(SMALL, face, maximum=1, verify=lambda: asked.append(2))
    assert asked == [1]
    with pytest.raises(DocumentExists):
        listed.add(LARGE, face, maximum=1)
    assert listed.roster(SMALL).faces == listed.count(SMALL) == listed.count(LARGE) == 1


def test_a_face_that_a_repeated_request_made_and_another_deleted_is_not_made_again(
    listed: ListedFaces, container: DocumentContainer
) -> None:
    made = made_up_face()
    face_id = f"{made.persisted_face_id[:14]}8{made.persisted_face_id[15:]}"
    face = PersistedFace(face_id, face_id, made.embedding)
    for collection in (SMALL, LARGE):
        listed.add(collection, face, maximum=1)
        if collection is SMALL:
            listed.delete(collection, face_id)
        else:
            place = partition_of(collection, face_id)
            container.delete(Key(place, face_document_id(face_id, face_id)))
        listed.add(collection, made_up_face(), maximum=1)
        with pytest.raises(DocumentExists):
            listed.add(collection, face, maximum=1)
        assert listed.count(collection) == 1


def test_a_page_that_is_full_reads_no_further(
    listed: ListedFaces, container: DocumentContainer
) -> None:
    added(listed, LARGE, 30)
    page, limits = container.page, list[int]()

    def record(partition: str, *, prefix: str, after: str, limit: int) -> list[Document]:
        limits.append(limit)
        return page(partition, prefix=prefix, after=after, limit=limit)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(container, "page", record)
        assert len(listed.page(LARGE, start="", top=5)) == 5
    assert limits[0] == 5
    assert min(limits) >= 1


def test_what_verifies_an_addition_prevents_it(listed: ListedFaces) -> None:
    def refuse() -> None:
        raise ConcurrentOperation("refused")

    with pytest.raises(ConcurrentOperation, match="refused"):
        listed.add(SMALL, made_up_face(), maximum=1, verify=refuse)
    assert listed.count(SMALL) == 0


@BOTH
@pytest.mark.parametrize("number", [0, 1, 89, 90, 91, 180, 185])
def test_missing_faces_are_added_and_counted_whatever_one_call_takes(
    listed: ListedFaces, monkeypatch: pytest.MonkeyPatch, collection: Collection, number: int
) -> None:
    monkeypatch.setattr(module, "MAXIMUM_KEYS", 60)
    faces = [made_up_face() for _ in range(number)]
    there = faces[1:3]
    for face in there:
        listed.add(collection, face, maximum=2)

    assert listed.add_missing(collection, faces, maximum=number) == number - len(there)

    assert listed.count(collection) == number
    assert listed.add_missing(collection, faces, maximum=number) == 0
    wanted = [face.persisted_face_id for face in faces]
    found = listed.find_many(collection, [*wanted, new_id()])
    assert [None if one is None else one.persisted_face_id for one in found] == [*wanted, None]
    if collection is SMALL and number:
        assert listed.roster(collection).faces == number
        with pytest.raises(QuotaExceeded):
            listed.add_missing(collection, [made_up_face()], maximum=number)


@BOTH
def test_pages_are_in_order_of_id_and_begin_after_any_text(
    listed: ListedFaces, collection: Collection
) -> None:
    ids = added(listed, collection, 30)
    read: list[str] = []
    while found := listed.page(collection, start=read[-1] if read else "", top=7):
        assert len(found) == min(7, 30 - len(read))
        read += [face.persisted_face_id for face in found]
    assert read == ids
    assert len(listed.page(collection, start="", top=30)) == 30
    for start in (ids[3][:5], ids[3][:1], ids[3] + "0"):
        following = [face.persisted_face_id for face in listed.page(collection, start=start, top=3)]
        assert following == [one for one in ids if one > start][:3]


@BOTH
def test_userdata_is_set_and_cleared(listed: ListedFaces, collection: Collection) -> None:
    (face,) = added(listed, collection, 1)
    for data in ("data", None):
        listed.update(collection, face, data)
        assert listed.get(collection, face).user_data == data
        assert listed.get(collection, face).embedding.model == "model"
    with pytest.raises(PersistedFaceNotFound):
        listed.update(collection, new_id(), "data")


WRITES: dict[str, Callable[[ListedFaces, str], object]] = {
    "add": lambda listed, _: listed.add(SMALL, made_up_face(), maximum=9),
    "update": lambda listed, face: listed.update(SMALL, face, "data"),
    "delete": lambda listed, face: listed.delete(SMALL, face),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
@pytest.mark.parametrize("error", [DocumentChanged, DocumentMissing, DocumentExists])
def test_twenty_attempts_are_made_and_the_last_one_counts(
    listed: ListedFaces,
    write: Callable[[ListedFaces, str], object],
    error: type[DocumentConflict],
    container: DocumentContainer,
) -> None:
    (face,) = added(listed, SMALL, 1)
    updates = write is WRITES["update"]
    if updates and error is DocumentExists:
        return  # A replacement cannot meet that.
    before = listed.roster(SMALL)
    with pytest.MonkeyPatch.context() as patch:
        pauses: list[float] = []
        patch.setattr(time, "sleep", pauses.append)
        tried = refuse_writes(patch, container, ATTEMPTS, error)
        with pytest.raises(ConcurrentOperation):
            write(listed, face)
        assert len(tried) == ATTEMPTS
        assert len(pauses) == (0 if updates else ATTEMPTS - 1)
    assert listed.roster(SMALL) == before
    assert listed.get(SMALL, face).user_data is None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "sleep", lambda _: None)
        tried = refuse_writes(patch, container, ATTEMPTS - 1, error)
        write(listed, face)
        assert len(tried) == ATTEMPTS


def test_a_face_that_another_request_deletes_first_is_not_found(
    listed: ListedFaces, monkeypatch: pytest.MonkeyPatch, container: DocumentContainer
) -> None:
    first, second = added(listed, SMALL, 2)
    batch, deleted = container.batch, list[str]()

    def overtaken(*arguments: object) -> None:
        if not deleted:
            deleted.append(first)
            listed_elsewhere = ListedFaces(container)
            listed_elsewhere.delete(SMALL, first)
        batch(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(time, "sleep", lambda _: None)
    monkeypatch.setattr(container, "batch", overtaken)

    with pytest.raises(PersistedFaceNotFound):
        listed.delete(SMALL, first)

    assert [face.persisted_face_id for face in listed.all(SMALL)] == [second]
    assert listed.roster(SMALL).faces == 1
