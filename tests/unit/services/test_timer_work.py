"""Maintenance of uploads against Azurite: missed ones are ingested, old ones deleted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from shared.services.deletion.housekeeping import Housekeeping
from shared.services.uploads.reconciliation import Reconciliation
from shared.storage.account.clients import StorageClients
from shared.storage.documents.sqlite.store import SqliteDocumentStore
from shared.storage.layout import UPLOADS
from tests.doubles.clocks import ShiftedClock
from tests.unit.services.uploads.test_ingestion import Uploads, azurite, clients

__all__ = ["azurite", "clients"]

UPLOAD_DAYS = 7


@pytest.fixture
def shifted() -> ShiftedClock:
    return ShiftedClock()


@pytest.fixture
def documents(tmp_path: Path, shifted: ShiftedClock) -> Iterator[SqliteDocumentStore]:
    with closing(SqliteDocumentStore(tmp_path / "timer.sqlite", clock=shifted)) as store:
        yield store


@pytest.fixture
def uploads(
    documents: SqliteDocumentStore, clients: StorageClients, shifted: ShiftedClock
) -> Uploads:
    return Uploads(documents, clients, shifted)


@pytest.fixture
def reconciliation(uploads: Uploads, shifted: ShiftedClock) -> Reconciliation:
    return Reconciliation(uploads.ingestion, uploads.blobs, shifted)


def test_an_upload_without_an_event_is_found_after_five_minutes(
    uploads: Uploads, reconciliation: Reconciliation, shifted: ShiftedClock
) -> None:
    uploads.upload()
    shifted.shift = timedelta(minutes=4)
    reconciliation.reconcile()
    assert uploads.result() is None, "its event may still come"
    shifted.shift = timedelta(minutes=6)
    assert reconciliation.reconcile() >= 1
    result = uploads.result()
    assert result is not None
    assert result["status"] == "succeeded"


def test_an_upload_is_processed_once_however_often_the_timer_runs(
    uploads: Uploads, reconciliation: Reconciliation, shifted: ShiftedClock
) -> None:
    uploads.upload()
    shifted.shift = timedelta(minutes=6)
    reconciliation.reconcile()
    decoded, result = uploads.analyzer.decoded, uploads.result()
    assert reconciliation.reconcile() == 0
    assert (uploads.analyzer.decoded, uploads.result()) == (decoded, result)


def test_an_upload_that_is_older_than_a_day_is_left_alone(
    uploads: Uploads, reconciliation: Reconciliation, shifted: ShiftedClock
) -> None:
    uploads.upload()
    shifted.shift = timedelta(hours=25)
    assert reconciliation.reconcile() == 0
    assert uploads.result() is None


def test_uploads_and_results_are_removed_when_their_days_are_over(
    documents: SqliteDocumentStore, uploads: Uploads, shifted: ShiftedClock
) -> None:
    housekeeping = Housekeeping(documents, uploads.blobs, shifted, upload_days=UPLOAD_DAYS)
    uploads.upload()
    uploads.ingest()
    shifted.shift = timedelta(days=UPLOAD_DAYS, minutes=-1)
    housekeeping.sweep()
    assert uploads.result() is not None
    shifted.shift = timedelta(days=UPLOAD_DAYS, minutes=1)
    housekeeping.sweep()
    assert uploads.result() is None
    assert uploads.blobs.properties(UPLOADS, uploads.name) is None
