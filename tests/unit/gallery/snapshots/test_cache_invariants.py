"""The invariants of the snapshot cache, driven by hypothesis and measured on the real disk."""

from __future__ import annotations

import errno
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from shared.domain.errors import Unavailable
from shared.gallery.search.trained_faces import TrainedFaces
from shared.gallery.snapshots.cache import SnapshotCache, SnapshotName
from shared.gallery.snapshots.writer import DeltaFields
from tests.unit.gallery.made_up_faces import CREATED, MadeUpFaces, make_up, write_snapshot

SIZES = (5, 20, 60, 150)
PERSONS = st.sampled_from(SIZES)
COLLECTION = st.sampled_from("abc")
FACES = {size: make_up(np.random.default_rng(size), persons=size, most_faces=1) for size in SIZES}


class Source:
    """A SnapshotSource in a folder; fetching fails where the disk is made full."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.full = False

    def size(self, incarnation: str, version: str) -> int | None:
        path = self.folder / f"{incarnation}.{version}"
        return path.stat().st_size if path.exists() else None

    def fetch(self, incarnation: str, version: str, target: Path) -> bool:
        path = self.folder / f"{incarnation}.{version}"
        if self.full:
            self.full = False
            raise OSError(errno.ENOSPC, "No space left on device")
        if not path.exists():
            return False
        shutil.copyfile(path, target)
        return True


class CacheMachine(RuleBasedStateMachine):
    """Three collections that are trained, searched and dropped in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="cache-"))
        self.source = Source(self.root / "source")
        self.source.folder.mkdir()
        self.folder = self.root / "cache"
        write_snapshot(self.root / "probe", FACES[150])
        self.maximum = int(1.6 * (self.root / "probe").stat().st_size)
        self.cache = SnapshotCache(
            self.folder, self.source, maximum_bytes=self.maximum, maximum_open=2, patience=0
        )
        self.current: dict[str, tuple[str, int]] = {}
        self.base: dict[str, str] = {}
        self.held: list[TrainedFaces] = []
        self.number = 0

    @rule(collection=COLLECTION, persons=PERSONS)
    def train(self, collection: str, persons: int) -> None:
        version = self.put(collection, FACES[persons], None)
        self.base[collection] = version
        self.current[collection] = version, persons

    @rule(collection=COLLECTION, persons=st.sampled_from((5, 20)))
    def train_by_delta(self, collection: str, persons: int) -> None:
        if collection in self.base:
            fields = DeltaFields(self.base[collection], 150, CREATED)
            version = self.put(collection, FACES[persons], fields)
            self.current[collection] = version, persons

    @rule(collection=COLLECTION, hold=st.booleans())
    def search(self, collection: str, hold: bool) -> None:
        found = self.get(collection)
        if hold and found is not None:
            self.held.append(found)

    @rule()
    def searches_end(self) -> None:
        self.held.clear()

    @rule()
    def search_all_at_once(self) -> None:
        with ThreadPoolExecutor(3) as threads:
            list(threads.map(self.get, "abc"))

    @rule(collection=COLLECTION)
    def drop(self, collection: str) -> None:
        self.cache.drop(collection)

    @rule()
    def fill_the_disk(self) -> None:
        self.source.full = True

    @invariant()
    def the_disk_holds_what_is_counted_and_no_more_than_allowed(self) -> None:
        used = self.really_used()
        assert used <= max(self.maximum, self.largest())
        assert used <= self.cache.bytes_on_disk

    def teardown(self) -> None:
        self.held.clear()
        for collection in "abc":
            self.cache.forget(collection)
        assert self.cache.bytes_on_disk == 0
        assert list(self.folder.iterdir()) == []
        shutil.rmtree(self.root)

    def put(self, collection: str, faces: MadeUpFaces, delta: DeltaFields | None) -> str:
        self.number += 1
        path = self.source.folder / f"{collection}.{self.number}"
        write_snapshot(path, faces, delta=delta)
        return str(self.number)

    def get(self, collection: str) -> TrainedFaces | None:
        if collection not in self.current:
            return None
        version, persons = self.current[collection]
        with suppress(Unavailable):
            found = self.cache.get(SnapshotName(collection, version))
            assert found is not None
            newest = found.delta or found.base
            assert newest.index.persons == persons
            assert newest.vectors.tobytes() == FACES[persons].vectors.tobytes()
            return found
        return None

    def really_used(self) -> int:
        """Bytes of the files in the folder, and of deleted ones that are still mapped."""
        inodes = {}
        for path in self.folder.iterdir():
            facts = path.stat()
            inodes[facts.st_ino] = facts.st_size
        for descriptor in Path("/proc/self/fd").iterdir():
            with suppress(FileNotFoundError):
                if str(self.folder) in str(descriptor.readlink()):
                    facts = descriptor.stat()
                    inodes[facts.st_ino] = facts.st_size
        return sum(inodes.values())

    def largest(self) -> int:
        """Bytes of the largest collection: a snapshot that is larger than allowed is alone."""
        return max(
            (
                sum(
                    self.source.size(collection, one) or 0
                    for one in {version, self.base[collection]}
                )
                for collection, (version, _) in self.current.items()
            ),
            default=0,
        )


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="measures through /proc")
def test_the_cache_stays_within_its_bytes_whatever_happens() -> None:
    run_state_machine_as_test(
        CacheMachine,
        settings=settings(
            stateful_step_count=30,
            suppress_health_check=list(HealthCheck),
        ),
    )
