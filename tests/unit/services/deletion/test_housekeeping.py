"""What is too old goes: expired documents, uploads and their results."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

import pytest

from shared.domain.errors import Unavailable
from shared.services.deletion.housekeeping import Housekeeping
from shared.storage.documents.sqlite.store import SqliteDocumentStore
from shared.storage.documents.store import Key
from shared.storage.layout import INGESTIONS, RESULTS, UPLOADS
from tests.doubles.blobs import FolderBlobs
from tests.doubles.clocks import ManualClock

DAYS = 3


def test_uploads_and_results_go_once_they_are_older_than_their_days(
    store: SqliteDocumentStore,
    clock: ManualClock,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    blobs = FolderBlobs(tmp_path / "blobs", clock)
    housekeeping = Housekeeping(store, blobs, clock, upload_days=DAYS)
    for name in ("older", "as old"):
        for container in (UPLOADS, RESULTS):
            blobs.write(container, name, b"content")
        clock.advance(timedelta(seconds=1))
    clock.advance(timedelta(days=DAYS, seconds=-1))

    with caplog.at_level(logging.INFO):
        housekeeping.sweep()

    for container in (UPLOADS, RESULTS):
        assert [blob.name for blob in blobs.listing(container)] == ["as old"]
    assert [vars(record)["blobs"] for record in caplog.records] == [2]


class LeasedBlobs(FolderBlobs):
    """Blobs some of which cannot be deleted."""

    leased: frozenset[str] = frozenset()

    def delete(self, container: str, name: str) -> bool:
        if name in self.leased:
            raise Unavailable("A lease is in the way.")
        return super().delete(container, name)


def old_blobs(folder: Path, clock: ManualClock, *names: str) -> LeasedBlobs:
    """Uploads that are due."""
    blobs = LeasedBlobs(folder / "blobs", clock)
    for name in names:
        blobs.write(UPLOADS, name, b"content")
    clock.advance(timedelta(days=DAYS, seconds=1))
    return blobs


def test_an_upload_that_cannot_be_deleted_does_not_keep_those_after_it(
    store: SqliteDocumentStore, clock: ManualClock, tmp_path: Path
) -> None:
    blobs = old_blobs(tmp_path, clock, "a", "b", "c", "d")
    blobs.leased = frozenset({"a", "c"})

    Housekeeping(store, blobs, clock, upload_days=DAYS).sweep()

    assert [blob.name for blob in blobs.listing(UPLOADS)] == ["a", "c"]


def test_a_sweep_ends_where_storage_is_away(
    store: SqliteDocumentStore, clock: ManualClock, tmp_path: Path
) -> None:
    blobs = old_blobs(tmp_path, clock, "a", "b", "c", "d")
    blobs.leased = frozenset({"a", "b", "c"})

    with pytest.raises(Unavailable):
        Housekeeping(store, blobs, clock, upload_days=DAYS).sweep()

    assert blobs.properties(UPLOADS, "d") is not None


def test_documents_go_once_they_have_expired(
    store: SqliteDocumentStore, clock: ManualClock, tmp_path: Path
) -> None:
    housekeeping = Housekeeping(store, FolderBlobs(tmp_path, clock), clock, upload_days=DAYS)
    container = store.container(INGESTIONS)
    container.create(Key("one", "short"), {"text": "a secret"}, ttl=60)
    container.create(Key("one", "long"), {}, ttl=600)
    clock.advance(timedelta(seconds=61))

    housekeeping.sweep()

    assert [document.key.id for document in container.page("one")] == ["long"]
    assert b"a secret" not in b"".join(
        path.read_bytes() for path in tmp_path.iterdir() if path.is_file()
    )
