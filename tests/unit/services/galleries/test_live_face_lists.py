"""Face lists are cached, and never returned stale."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import numpy as np
import pytest

from shared.domain.collections import FACE_LIST, LARGE_FACE_LIST
from shared.domain.errors import FaceListNotReady, PersistedFaceNotFound
from shared.domain.values import Collection, Embedding, PersistedFace
from shared.services.galleries.live_face_lists import LiveFaceLists
from shared.storage.documents.sqlite.store import SqliteDocumentStore
from shared.storage.documents.store import Operation
from shared.storage.layout import PEOPLE
from shared.storage.records.collections.listed_faces import ListedFaces
from tests.doubles.identifiers import new_id


@pytest.fixture
def faces(store: SqliteDocumentStore) -> ListedFaces:
    return ListedFaces(store.container(PEOPLE))


@pytest.fixture
def face_list() -> Collection:
    return Collection(FACE_LIST, "list", "name", "recognition_01", new_id())


def add(faces: ListedFaces, collection: Collection, face_id: str | None = None) -> str:
    face_id = face_id or new_id()
    vector = np.array([1, 0, 0, 0], np.float32)
    face = PersistedFace(face_id, face_id, Embedding(vector, "model"))
    faces.add(collection, face, maximum=1_000)
    return face_id


def test_a_list_that_has_not_changed_is_read_once(
    faces: ListedFaces, face_list: Collection
) -> None:
    lists = LiveFaceLists(faces)
    added = add(faces, face_list)
    first = lists.open(face_list)
    assert first.face_ids == (added,)
    assert first.vectors.shape == (1, 4)
    assert lists.open(face_list) is first


def test_additions_and_deletions_take_effect_at_once(
    faces: ListedFaces, face_list: Collection
) -> None:
    lists = LiveFaceLists(faces)
    one = add(faces, face_list)
    lists.open(face_list)
    other = add(faces, face_list)
    assert lists.open(face_list).face_ids == tuple(sorted([one, other]))
    faces.delete(face_list, one)
    assert lists.open(face_list).face_ids == (other,)
    faces.delete(face_list, other)
    with pytest.raises(FaceListNotReady):
        lists.open(face_list)


def test_a_change_by_another_instance_takes_effect_as_well(
    store: SqliteDocumentStore, faces: ListedFaces, face_list: Collection
) -> None:
    lists = LiveFaceLists(faces)
    one = add(faces, face_list)
    lists.open(face_list)
    ListedFaces(store.container(PEOPLE)).delete(face_list, one)
    with pytest.raises(FaceListNotReady):
        lists.open(face_list)


def test_a_dropped_list_is_read_again(faces: ListedFaces, face_list: Collection) -> None:
    lists = LiveFaceLists(faces)
    add(faces, face_list)
    first = lists.open(face_list)
    lists.forget(face_list.incarnation)
    assert lists.open(face_list) is not first


def test_memory_is_bounded(faces: ListedFaces) -> None:
    lists = LiveFaceLists(faces, maximum_bytes=16)
    several = [Collection(FACE_LIST, "x", "name", "recognition_01", new_id()) for _ in range(2)]
    for one in several:
        add(faces, one)
    first = lists.open(several[0])
    lists.open(several[1])
    assert lists.open(several[0]) is not first


def test_the_roster_counts_what_is_there(faces: ListedFaces, face_list: Collection) -> None:
    added = [add(faces, face_list) for _ in range(5)]
    faces.delete(face_list, added[0])
    assert faces.roster(face_list).faces == faces.count(face_list) == 4
    with pytest.raises(PersistedFaceNotFound):
        faces.delete(face_list, added[0])
    assert faces.roster(face_list).faces == 4


def test_changes_of_a_list_side_by_side_on_several_instances_do_not_conflict(
    store: SqliteDocumentStore, face_list: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    container = store.container(PEOPLE)
    instances = [ListedFaces(container) for _ in range(4)]
    write = container.batch

    def batch(partition: str, operations: Sequence[Operation]) -> None:
        sleep(0.002)  # As over a network: between the roster's read and write others write.
        write(partition, operations)

    monkeypatch.setattr(container, "batch", batch)
    kept = [add(instances[0], face_list) for _ in range(32)]

    def change(number: int) -> None:
        if number % 2:
            add(instances[number % 4], face_list)
        else:
            instances[number % 4].delete(face_list, kept[number // 2])

    with ThreadPoolExecutor(64) as threads:
        list(threads.map(change, range(64)))

    assert instances[0].roster(face_list).faces == instances[0].count(face_list) == 32


def test_a_large_list_is_paged_in_order_over_all_buckets(faces: ListedFaces) -> None:
    large = Collection(LARGE_FACE_LIST, "large", "name", "recognition_01", new_id())
    added = sorted(add(faces, large) for _ in range(60))
    paged: list[str] = []
    while page := faces.page(large, start=paged[-1] if paged else "", top=7):
        paged += [face.persisted_face_id for face in page]
    assert paged == added
    # A start that is not a complete id lists what is greater as text.
    middle = added[30][:8]
    later = [face.persisted_face_id for face in faces.page(large, start=middle, top=100)]
    assert later == [one for one in added if one > middle]


def test_a_list_of_faces_of_two_dimensions_opens_without_vectors(
    faces: ListedFaces, face_list: Collection
) -> None:
    add(faces, face_list)
    other = new_id()
    vector = np.array([1, 0], np.float32)
    faces.add(
        face_list, PersistedFace(other, other, Embedding(vector, "another model")), maximum=1_000
    )
    opened = LiveFaceLists(faces).open(face_list)
    assert set(opened.models) == {"model", "another model"}
    assert opened.vectors.shape == (0, 0)
