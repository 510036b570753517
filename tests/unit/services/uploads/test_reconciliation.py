"""Reconciliation: each upload for itself, and nothing twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from shared.domain.errors import Unavailable
from shared.services.uploads.ingestion import MAXIMUM_ATTEMPTS
from shared.services.uploads.reconciliation import Reconciliation
from shared.storage.account.azure_blobs import AzureBlobStore
from shared.storage.account.blobs import BlobProperties, OpenedBlob
from shared.storage.account.clients import StorageClients
from shared.storage.documents.sqlite.store import SqliteDocumentStore
from shared.storage.layout import RESULTS, UPLOADS
from tests.doubles.clocks import ManualClock
from tests.unit.services.uploads.test_ingestion import CONTENT, Uploads
from tests.unit.storage.conftest import azurite, clients

__all__ = ["azurite", "clients"]


_LONG_AGO = timedelta(minutes=6)
"""The age of results, unless a test says otherwise: nothing is being ingested."""


class CountingBlobs(AzureBlobStore):
    """Counts downloads of uploads, and fails them on demand."""

    def __init__(self, clients: StorageClients, clock: ManualClock) -> None:
        super().__init__(clients.blobs)
        self.downloads: list[str] = []
        self.away = False
        self._clock = clock
        self._moved: dict[str, timedelta] = {}

    def age(self, name: str, age: timedelta) -> None:
        """Let an upload be that old now."""
        self._moved[name] = age

    def open(self, container: str, name: str, *, most: int) -> OpenedBlob | None:
        self.downloads.append(name)
        if self.away:
            raise Unavailable("Storage is away.")
        return super().open(container, name, most=most)

    def listing(
        self, container: str, *, prefix: str = "", with_metadata: bool = False
    ) -> Iterator[BlobProperties]:
        for blob in super().listing(container, prefix=prefix, with_metadata=with_metadata):
            if container == UPLOADS and blob.name not in self._moved:
                continue  # of another test
            age = self._moved.get(blob.name, _LONG_AGO)
            yield BlobProperties(
                blob.container,
                blob.name,
                blob.etag,
                blob.size,
                self._clock.now() - age,
                blob.metadata,
                blob.encoding,
            )


class Reconciled(Uploads):
    """Uploads whose event never came."""

    def __init__(
        self, store: SqliteDocumentStore, clients: StorageClients, clock: ManualClock
    ) -> None:
        super().__init__(store, clients, clock)
        self.blobs = self.counting = CountingBlobs(clients, clock)
        self.ingestion._blobs = self.counting
        self.reconciliation = Reconciliation(self.ingestion, self.counting, clock)

    def put(
        self,
        name: str,
        content: bytes = CONTENT,
        *,
        age: timedelta = timedelta(minutes=6),
        metadata: Mapping[str, str] | None = None,
    ) -> str:
        full = f"{self.name}/{name}"
        self.counting.write(UPLOADS, full, content, metadata=metadata)
        self.counting.age(full, age)
        return full

    def has_result(self, name: str) -> bool:
        return self.counting.properties(RESULTS, f"{name}.json") is not None


@pytest.fixture
def uploads(
    store: SqliteDocumentStore, clients: StorageClients, clock: ManualClock, tmp_path: Path
) -> Reconciled:
    return Reconciled(store, clients, clock)


def test_a_bad_upload_does_not_stop_those_after_it(uploads: Reconciled) -> None:
    bad = uploads.put("a", CONTENT + b"bad")
    good = [uploads.put(name, CONTENT + name.encode()) for name in ("b", "c")]

    def fail(content: bytes) -> None:
        if content.endswith(b"bad"):
            raise ZeroDivisionError

    uploads.analyzer.received = fail
    assert uploads.reconciliation.reconcile() == 2
    assert all(uploads.has_result(name) for name in good)
    assert not uploads.has_result(bad)
    for _ in range(MAXIMUM_ATTEMPTS - 1):
        uploads.reconciliation.reconcile()
    assert uploads.has_result(bad), "rejected by the last attempt"
    uploads.counting.downloads.clear()
    assert uploads.reconciliation.reconcile() == 0
    assert uploads.counting.downloads == []


def test_the_same_bytes_uploaded_again_are_downloaded_once(uploads: Reconciled) -> None:
    name = uploads.put("again")
    uploads.reconciliation.reconcile()
    before = uploads.counting.read(RESULTS, f"{name}.json")
    uploads.put("again")
    uploads.counting.downloads.clear()

    for _ in range(3):
        assert uploads.reconciliation.reconcile() == 0

    assert uploads.counting.downloads == [name]
    assert uploads.counting.read(RESULTS, f"{name}.json") == before


def test_a_repeated_upload_gets_its_result_back_when_that_is_deleted(uploads: Reconciled) -> None:
    name = uploads.put("again")
    uploads.reconciliation.reconcile()
    uploads.put("again")
    uploads.reconciliation.reconcile()
    uploads.counting.delete(RESULTS, f"{name}.json")

    assert uploads.reconciliation.reconcile() == 1
    assert uploads.has_result(name)


@pytest.mark.parametrize(
    ("minutes", "due"),
    [
        (0, False),
        (4, False),
        (5, True),
        (24 * 60, True),
        (24 * 60 + 1, False),
        (-1, False),
        (-60, True),
    ],
)
def test_uploads_are_due_between_five_minutes_and_a_day_and_when_the_clock_was_set_back(
    uploads: Reconciled, minutes: int, due: bool
) -> None:
    name = uploads.put("timed", age=timedelta(minutes=minutes))
    assert uploads.reconciliation.reconcile() == int(due)
    assert uploads.has_result(name) is due


def test_uploads_whose_events_wait_for_their_turn_are_left_to_them(uploads: Reconciled) -> None:
    done = uploads.put("done", age=timedelta(minutes=10))
    uploads.reconciliation.reconcile()
    uploads.counting.age(f"{done}.json", timedelta())
    lost = uploads.put("lost", age=timedelta(minutes=20))
    waiting = uploads.put("waiting", age=timedelta(minutes=7))
    before_a_step = uploads.put("step", age=timedelta(minutes=-60))

    assert uploads.reconciliation.reconcile() == 2
    assert uploads.has_result(lost)
    assert uploads.has_result(before_a_step)
    assert not uploads.has_result(waiting)

    uploads.counting.age(f"{done}.json", _LONG_AGO)
    assert uploads.reconciliation.reconcile() == 1
    assert uploads.has_result(waiting)


def test_an_outage_of_storage_ends_the_round_and_costs_no_attempts(uploads: Reconciled) -> None:
    names = [uploads.put(f"{number}", CONTENT + bytes([number])) for number in range(6)]
    uploads.counting.away = True
    for _ in range(MAXIMUM_ATTEMPTS + 1):
        uploads.counting.downloads.clear()
        with pytest.raises(Unavailable):
            uploads.reconciliation.reconcile()
        assert len(uploads.counting.downloads) == 3
    uploads.counting.away = False

    assert uploads.reconciliation.reconcile() == 6
    assert all(uploads.has_result(name) for name in names)
