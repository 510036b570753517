"""What is too old goes: expired documents, uploads and their results."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

import pytest

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
