"""The snapshot cache: one fetch, bounded bytes and descriptors, nothing torn, nothing stale."""

from __future__ import annotations

import errno
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shared.gallery.snapshots import cache as cache_module
from shared.gallery.snapshots.cache import SnapshotCache, SnapshotName
from shared.gallery.snapshots.writer import DeltaFields
from tests.unit.gallery.made_up_faces import CREATED, no_faces
from tests.unit.gallery.snapshots.shelf import (
    A1,
    A2,
    B1,
    C1,
    FACES,
    OTHERS,
    Shelf,
    cache_of,
    on_disk,
)


def test_many_who_ask_at_once_fetch_once(shelf: Shelf) -> None:
    shelf.put(A1, FACES)
    shelf.delay = 0.05
    cache = cache_of(shelf)
    start = threading.Barrier(16)

    def ask(_: int) -> object:
        start.wait()
        return cache.get(A1)

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, range(16)))
    assert answers[0] is not None
    assert all(answer is answers[0] for answer in answers)
    assert shelf.fetched == ["a-1"]


def test_one_collection_does_not_wait_for_the_fetch_of_another(shelf: Shelf) -> None:
    shelf.put(A1, FACES)
    shelf.put(B1, OTHERS)
    cache = cache_of(shelf)
    held, go_on = threading.Event(), threading.Event()
    plain = shelf.fetch

    def slow(incarnation: str, version: str, target: Path) -> bool:
        if incarnation == "a":
            held.set()
            assert go_on.wait(10)
        return plain(incarnation, version, target)

    shelf.fetch = slow  # type: ignore[method-assign] # this shelf is slow for one collection
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(cache.get, A1)
        assert held.wait(10)
        assert cache.get(B1) is not None
        go_on.set()
        assert waiting.result() is not None


def test_a_new_version_is_served_at_the_first_request_and_the_old_file_is_deleted(
    shelf: Shelf,
) -> None:
    shelf.put(A1, FACES)
    shelf.put(A2, OTHERS)
    cache = cache_of(shelf)
    old = cache.get(A1)
    new = cache.get(A2)
    assert old is not None and new is not None
    assert new.base.index.faces == len(OTHERS.face_ids)
    assert on_disk(shelf) == {"a.2"}
    probe = FACES.vectors[:1]
    assert old.without([]).nearest_faces(probe, count=1)[0][0].cosine == pytest.approx(1.0)


def test_what_is_gone_is_none_and_leaves_nothing(shelf: Shelf) -> None:
    cache = cache_of(shelf)
    assert cache.get(A1) is None
    assert on_disk(shelf) == set()
    assert cache.bytes_on_disk == 0


def test_a_damaged_snapshot_is_refused_and_not_kept(shelf: Shelf) -> None:
    shelf.put(A1, FACES)
    content = bytearray(shelf.path(A1).read_bytes())
    content[len(content) // 2] ^= 1
    shelf.path(A1).write_bytes(content)
    cache = cache_of(shelf)
    assert cache.get(A1) is None
    assert shelf.fetched == ["a-1", "a-1"], "it may have been damaged on the way"
    assert cache.bytes_on_disk == 0
    assert on_disk(shelf) == set()
    shelf.put(A1, FACES)
    assert cache.get(A1) is not None


def test_a_closed_snapshot_is_opened_again_without_fetching(shelf: Shelf) -> None:
    shelf.put(A1, FACES)
    shelf.put(B1, OTHERS)
    cache = cache_of(shelf, maximum_open=1)
    for name in (A1, B1, A1, B1):
        assert cache.get(name) is not None
    assert shelf.fetched == ["a-1", "b-1"]


def test_a_file_that_was_damaged_or_removed_on_disk_is_fetched_again(shelf: Shelf) -> None:
    shelf.put(A1, FACES)
    shelf.put(B1, OTHERS)
    cache = cache_of(shelf, maximum_open=1)
    folder = shelf.folder.parent / "cache"
    cache.get(A1)
    cache.get(B1)
    os.truncate(folder / "a.1", 1_000)
    assert cache.get(A1) is not None
    (folder / "b.1").unlink()
    assert cache.get(B1) is not None
    assert shelf.fetched == ["a-1", "b-1", "a-1", "b-1"]
    assert cache.bytes_on_disk == sum(path.stat().st_size for path in folder.iterdir())


def test_forgetting_removes_every_version_for_good(shelf: Shelf) -> None:
    shelf.put(A1, FACES)
    shelf.put(B1, OTHERS)
    cache = cache_of(shelf)
    searching = cache.get(A1)
    cache.get(B1)
    cache.forget("a")
    assert on_disk(shelf) == {"b.1"}
    assert searching is not None
    assert searching.without([]).nearest_faces(FACES.vectors[:1], count=1)[0]
    cache.get(A1)  # asked for by a request that began before the deletion
    assert on_disk(shelf) == {"b.1"}


def test_what_an_earlier_process_left_is_removed(shelf: Shelf) -> None:
    folder = shelf.folder.parent / "cache"
    folder.mkdir()
    (folder / "a.1").write_bytes(b"old")
    cache_of(shelf)
    assert on_disk(shelf) == set()


def test_a_delta_comes_with_its_base_which_is_fetched_once(shelf: Shelf) -> None:
    shelf.put(A1, FACES)
    for number in (2, 3):
        fields = DeltaFields("1", len(FACES.face_ids), CREATED)
        added = OTHERS if number == 3 else no_faces()
        shelf.put(SnapshotName("a", f"{number}"), added, fields)
    cache = cache_of(shelf)
    first = cache.get(A2)
    second = cache.get(SnapshotName("a", "3"))
    assert first is not None and second is not None
    assert first.base is second.base
    assert second.delta is not None and second.delta.index.faces == len(OTHERS.face_ids)
    assert shelf.fetched == ["a-2", "a-1", "a-3"]
    assert on_disk(shelf) == {"a.1", "a.3"}


def test_a_delta_whose_base_is_gone_is_gone(shelf: Shelf) -> None:
    shelf.put(A2, OTHERS, DeltaFields("1", 100, CREATED))
    assert cache_of(shelf).get(A2) is None


def test_searches_and_versions_do_not_disturb_each_other(shelf: Shelf) -> None:
    names = [SnapshotName("a", str(number)) for number in range(12)]
    for name in names:
        shelf.put(name, FACES)
    cache = cache_of(shelf, maximum_bytes=shelf.path(names[0]).stat().st_size * 2)

    def search() -> None:
        for name in names * 10:
            trained = None  # A request holds one gallery at most.
            trained = cache.get(name)
            assert trained is not None
            match = trained.without([]).nearest_persons(FACES.vectors[:1], count=1)[0][0]
            assert match.cosine == pytest.approx(1.0)

    with ThreadPoolExecutor(4) as pool:
        for searching in [pool.submit(search) for _ in range(4)]:
            searching.result()


def test_a_dropped_collection_is_fetched_again(shelf: Shelf) -> None:
    shelf.put(A1, FACES)
    cache = cache_of(shelf)
    former = cache.get(A1)
    cache.drop("a")
    assert on_disk(shelf) == set()
    assert cache.get(A1) not in (None, former)
    assert shelf.fetched == ["a-1", "a-1"]


def test_only_the_latest_of_many_forgotten_collections_are_remembered(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_module, "_FORGOTTEN_KEPT", 2)
    for name in (A1, B1, C1):
        shelf.put(name, FACES)
    cache = cache_of(shelf)
    for name in (A1, B1, C1):
        cache.forget(name.incarnation)
    for name in (A1, B1, C1):
        assert cache.get(name) is not None
    assert on_disk(shelf) == {"a.1"}


def test_a_folder_that_cannot_be_removed_itself_is_emptied(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shelf.folder.parent / "volumes" / "cache"
    SnapshotCache(folder, shelf, maximum_bytes=1)
    (folder / "a.1").write_bytes(b"old")

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EBUSY, "Device or resource busy")

    with monkeypatch.context() as mount_point:
        mount_point.setattr(os, "rmdir", refuse)
        SnapshotCache(folder, shelf, maximum_bytes=1)
    assert list(folder.iterdir()) == []
