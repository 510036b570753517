"""The snapshot cache: one fetch, bounded bytes and descriptors, nothing torn, nothing stale."""

from __future__ import annotations

import os
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from shared.domain.errors import Unavailable
from shared.gallery.snapshots.cache import SnapshotCache, SnapshotName
from shared.gallery.snapshots.writer import DeltaFields
from tests.unit.gallery.made_up_faces import CREATED, MadeUpFaces, make_up, no_faces, write_snapshot


@dataclass
class Shelf:
    """A SnapshotSource in a folder that counts what is fetched."""

    folder: Path
    delay: float = 0.0
    fetched: list[str] = field(default_factory=list)

    def put(self, name: SnapshotName, faces: MadeUpFaces, delta: DeltaFields | None = None) -> int:
        write_snapshot(self.path(name), faces, delta=delta)
        return self.path(name).stat().st_size

    def path(self, name: SnapshotName) -> Path:
        return self.folder / f"{name.incarnation}-{name.version}"

    def size(self, incarnation: str, version: str) -> int | None:
        path = self.path(SnapshotName(incarnation, version))
        return path.stat().st_size if path.exists() else None

    def fetch(self, incarnation: str, version: str, target: Path) -> bool:
        path = self.path(SnapshotName(incarnation, version))
        if not path.exists():
            return False
        time.sleep(self.delay)
        self.fetched.append(f"{incarnation}-{version}")
        shutil.copyfile(path, target)
        return True


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    (tmp_path / "shelf").mkdir()
    return Shelf(tmp_path / "shelf")


def cache_of(shelf: Shelf, *, maximum_bytes: int = 10**9, maximum_open: int = 200) -> SnapshotCache:
    return SnapshotCache(
        shelf.folder.parent / "cache",
        shelf,
        maximum_bytes=maximum_bytes,
        maximum_open=maximum_open,
    )


def on_disk(shelf: Shelf) -> set[str]:
    return {path.name for path in (shelf.folder.parent / "cache").iterdir()}


def descriptors() -> int:
    """How many files this process has open."""
    return sum(1 for _ in Path("/dev/fd").iterdir())


FACES = make_up(np.random.default_rng(1), persons=20)
OTHERS = make_up(np.random.default_rng(2), persons=30)
A1, A2, B1 = SnapshotName("a", "1"), SnapshotName("a", "2"), SnapshotName("b", "1")


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


def test_the_least_recently_used_leave_when_bytes_run_out(shelf: Shelf) -> None:
    names = [SnapshotName(f"c{number}", "1") for number in range(6)]
    size = max(shelf.put(name, FACES) for name in names)
    cache = cache_of(shelf, maximum_bytes=3 * size)
    for name in names[:3]:
        cache.get(name)
    cache.get(names[0])
    cache.get(names[3])
    assert on_disk(shelf) == {"c0.1", "c2.1", "c3.1"}
    assert cache.bytes_on_disk == 3 * size
    for name in names:
        assert cache.get(name) is not None
        assert cache.bytes_on_disk <= 3 * size
    assert sum(path.stat().st_size for path in (shelf.folder.parent / "cache").iterdir()) == (
        cache.bytes_on_disk
    )


def test_room_is_made_before_the_file_is_fetched(shelf: Shelf) -> None:
    size = max(shelf.put(A1, FACES), shelf.put(B1, FACES))
    cache = cache_of(shelf, maximum_bytes=size)
    cache.get(A1)
    plain = shelf.fetch

    def look(incarnation: str, version: str, target: Path) -> bool:
        assert on_disk(shelf) == set()
        return plain(incarnation, version, target)

    shelf.fetch = look  # type: ignore[method-assign] # checks the disk first
    assert cache.get(B1) is not None


def test_a_snapshot_larger_than_the_cache_is_served_alone(shelf: Shelf) -> None:
    size = shelf.put(A1, FACES)
    shelf.put(B1, FACES)
    cache = cache_of(shelf, maximum_bytes=size // 2)
    assert cache.get(A1) is not None
    assert cache.get(B1) is not None
    assert on_disk(shelf) == {"b.1"}


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


def test_ten_thousand_small_collections_exhaust_nothing(shelf: Shelf) -> None:
    size = shelf.put(A1, make_up(np.random.default_rng(3), persons=4))
    before = descriptors()
    plain_path = shelf.path(A1)
    shelf.path = lambda name: plain_path  # type: ignore[method-assign] # all have the same content
    cache = cache_of(shelf, maximum_bytes=10_000 * size)
    for number in range(10_000):
        assert cache.get(SnapshotName(f"c{number}", "1")) is not None
    assert descriptors() - before <= 400
    assert cache.bytes_on_disk == 10_000 * size
    assert cache.get(SnapshotName("c0", "1")) is not None
    assert len(shelf.fetched) == 10_000


def test_searches_and_versions_do_not_disturb_each_other(shelf: Shelf) -> None:
    names = [SnapshotName("a", str(number)) for number in range(12)]
    for name in names:
        shelf.put(name, FACES)
    cache = cache_of(shelf, maximum_bytes=shelf.path(names[0]).stat().st_size * 2)
    stop = threading.Event()

    def search() -> int:
        searches = 0
        while not stop.is_set():
            for name in names:
                trained = None  # A request holds one gallery at most.
                trained = cache.get(name)
                assert trained is not None
                match = trained.without([]).nearest_persons(FACES.vectors[:1], count=1)[0][0]
                assert match.cosine == pytest.approx(1.0)
                searches += 1
        return searches

    with ThreadPoolExecutor(4) as pool:
        searching = [pool.submit(search) for _ in range(4)]
        time.sleep(0.5)
        stop.set()
        assert all(one.result() > 0 for one in searching)


def test_the_next_version_waits_until_searches_let_go_of_the_former(shelf: Shelf) -> None:
    size = max(shelf.put(A1, FACES), shelf.put(A2, FACES))
    cache = cache_of(shelf, maximum_bytes=size)
    searching = [cache.get(A1)]
    assert searching[0] is not None
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(cache.get, A2)
        time.sleep(0.05)
        assert not waiting.done()
        searching.clear()
        assert waiting.result(timeout=4) is not None
    assert cache.bytes_on_disk == size


def test_a_request_that_cannot_wait_for_room_gets_a_retry_after(shelf: Shelf) -> None:
    size = max(shelf.put(A1, FACES), shelf.put(A2, FACES))
    cache = SnapshotCache(shelf.folder.parent / "cache", shelf, maximum_bytes=size, patience=0.01)
    searching = cache.get(A1)
    with pytest.raises(Unavailable) as refused:
        cache.get(A2)
    assert refused.value.retry_after == 5
    assert searching is not None
    assert searching.without([]).nearest_faces(FACES.vectors[:1], count=1)[0]
    del searching
    assert cache.get(A2) is not None
