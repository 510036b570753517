"""The room of the snapshot cache: bounded bytes and descriptors, and what leaves first."""

from __future__ import annotations

import errno
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from shared.domain.errors import Unavailable
from shared.gallery.search.trained_faces import TrainedFaces
from shared.gallery.snapshots import cache as cache_module
from shared.gallery.snapshots.cache import SnapshotCache, SnapshotName
from shared.gallery.snapshots.mapped import Snapshot
from shared.gallery.snapshots.writer import DeltaFields
from tests.unit.gallery.made_up_faces import CREATED, make_up
from tests.unit.gallery.snapshots.shelf import (
    A1,
    A2,
    A3,
    B1,
    C1,
    FACES,
    OTHERS,
    Shelf,
    cache_of,
    on_disk,
)

PATIENCE = 30.0
"""Seconds: much longer than the requests take."""


def descriptors() -> int:
    """How many files this process has open."""
    return sum(1 for _ in Path("/dev/fd").iterdir())


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


def test_a_fetched_snapshot_is_logged_with_the_bytes_on_disk(
    shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    names = [SnapshotName(f"c{number}", "1") for number in range(2)]
    sizes = [shelf.put(name, FACES) for name in names]
    cache = cache_of(shelf)
    with caplog.at_level(logging.INFO):
        for name in (*names, names[0]):
            cache.get(name)
    logged = [vars(one) for one in caplog.records if one.message == "fetched a snapshot"]
    assert [one["bytes"] for one in logged] == sizes
    assert [one["bytes_on_disk"] for one in logged] == [sizes[0], sum(sizes)]


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


def test_two_thousand_small_collections_exhaust_nothing(shelf: Shelf) -> None:
    size = shelf.put(A1, make_up(np.random.default_rng(3), persons=4))
    before = descriptors()
    plain_path = shelf.path(A1)
    shelf.path = lambda name: plain_path  # type: ignore[method-assign] # all have the same content
    cache = cache_of(shelf, maximum_bytes=2_000 * size)
    for number in range(2_000):
        assert cache.get(SnapshotName(f"c{number}", "1")) is not None
    assert descriptors() - before <= 400
    assert cache.bytes_on_disk == 2_000 * size
    assert cache.get(SnapshotName("c0", "1")) is not None
    assert len(shelf.fetched) == 2_000


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


def get_without_waiting(cache: SnapshotCache, name: SnapshotName) -> bool:
    """Get a version, well before the patience of a request is over."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: cache.get(name) is not None).result(timeout=PATIENCE / 2)


@pytest.mark.parametrize(
    ("persons", "left"), [(5, {"a.1", "a.3", "b.1"}), (25, {"a.1", "a.3"})], ids=["fits", "more"]
)
def test_the_former_delta_goes_first_then_other_collections_and_the_base_last(
    shelf: Shelf, persons: int, left: set[str]
) -> None:
    shelf.put(A1, FACES)
    delta = DeltaFields("1", len(FACES.face_ids), CREATED)
    shelf.put(A2, make_up(np.random.default_rng(4), persons=10, most_faces=1), delta)
    shelf.put(A3, make_up(np.random.default_rng(5), persons=persons, most_faces=1), delta)
    shelf.put(B1, OTHERS)
    size = sum(shelf.path(name).stat().st_size for name in (A1, A2, B1))
    cache = cache_of(shelf, maximum_bytes=size, patience=PATIENCE)
    for name in (B1, A2, A3):
        assert get_without_waiting(cache, name)
    assert shelf.fetched == ["b-1", "a-2", "a-1", "a-3"]
    assert on_disk(shelf) == left


def test_the_base_goes_at_last_where_the_next_version_needs_its_room(shelf: Shelf) -> None:
    size = max(shelf.put(name, FACES) for name in (A1, A2))
    cache = cache_of(shelf, maximum_bytes=size, patience=PATIENCE)
    for name in (A1, A2):
        assert get_without_waiting(cache, name)
    assert on_disk(shelf) == {"a.2"}


def test_a_whole_version_takes_the_room_of_the_former_delta_and_of_its_base(shelf: Shelf) -> None:
    shelf.put(A1, FACES)
    shelf.put(A2, make_up(np.random.default_rng(4), persons=5), DeltaFields("1", 9, CREATED))
    size = shelf.put(A3, make_up(np.random.default_rng(5), persons=60))
    cache = cache_of(shelf, maximum_bytes=size, patience=PATIENCE)
    for name in (A2, A3):
        assert get_without_waiting(cache, name)
    assert on_disk(shelf) == {"a.3"}


def test_the_latest_version_of_a_collection_makes_it_the_latest_used(shelf: Shelf) -> None:
    names = (A1, B1, A2, C1, SnapshotName("d", "1"))
    size = max(shelf.put(name, FACES) for name in names)
    cache = cache_of(shelf, maximum_bytes=3 * size, patience=PATIENCE)
    for name in names:
        assert get_without_waiting(cache, name)
    assert on_disk(shelf) == {"a.2", "c.1", "d.1"}


def test_as_many_collections_are_open_as_allowed_the_latest_used_ones(shelf: Shelf) -> None:
    for name in (A1, B1, C1):
        shelf.put(name, FACES)
    cache = cache_of(shelf, maximum_open=2)
    first, second = cache.get(A1), cache.get(B1)
    assert cache.get(A1) is first
    third = cache.get(C1)
    assert cache.get(A1) is first
    assert cache.get(C1) is third
    assert cache.get(B1) is not second


def test_a_full_disk_is_emptied_and_the_request_gets_a_retry_after(shelf: Shelf) -> None:
    for name in (A1, B1, C1):
        shelf.put(name, FACES)
    cache = cache_of(shelf)
    cache.get(A1)
    cache.get(B1)
    plain = shelf.fetch
    failures = [OSError(errno.ENOSPC, "No space left on device"), OSError(errno.EIO, "I/O error")]

    def fail(incarnation: str, version: str, target: Path) -> bool:
        target.write_bytes(b"half a snapshot")
        raise failures.pop(0)

    shelf.fetch = fail  # type: ignore[method-assign] # this shelf fails
    with pytest.raises(Unavailable) as refused:
        cache.get(C1)
    assert refused.value.retry_after == 5
    assert on_disk(shelf) == set()
    assert cache.bytes_on_disk == 0
    with pytest.raises(OSError, match="I/O error"):
        cache.get(C1)
    shelf.fetch = plain  # type: ignore[method-assign] # it works again
    assert cache.get(C1) is not None


def test_a_file_counts_with_its_real_size_once_it_is_there(shelf: Shelf) -> None:
    size = shelf.put(A1, FACES)
    shelf.size = lambda *_: 2 * size  # type: ignore[method-assign] # it shrinks before it comes
    cache = cache_of(shelf)
    assert cache.get(A1) is not None
    assert cache.bytes_on_disk == size
    cache.drop("a")
    assert cache.bytes_on_disk == 0


def test_a_snapshot_that_goes_before_it_is_fetched_is_gone(shelf: Shelf) -> None:
    shelf.size = lambda *_: 1_000  # type: ignore[method-assign] # it was there a moment ago
    cache = cache_of(shelf)
    assert cache.get(A1) is None
    assert cache.bytes_on_disk == 0


@pytest.mark.parametrize("other", [A2, B1], ids=["its next version", "another collection"])
def test_a_collection_that_was_dropped_while_it_opened_makes_room(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, other: SnapshotName
) -> None:
    size = max(shelf.put(name, FACES) for name in (A1, other))
    cache = SnapshotCache(shelf.folder.parent / "cache", shelf, maximum_bytes=size, patience=0.01)

    def dropped_meanwhile(*snapshots: Snapshot) -> TrainedFaces:
        cache.drop("a")  # by another thread
        return TrainedFaces(*snapshots)

    with monkeypatch.context() as patch:
        patch.setattr(cache_module, "TrainedFaces", dropped_meanwhile)
        opened = cache.get(A1) is not None
    assert opened
    assert on_disk(shelf) == set()
    assert cache.bytes_on_disk == size
    again = cache.get(A1) is not None
    assert again
    assert cache.get(other) is not None
    assert shelf.fetched == ["a-1", f"{other.incarnation}-{other.version}"]
    assert cache.bytes_on_disk == size
