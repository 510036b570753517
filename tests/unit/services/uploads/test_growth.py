"""Uploads that grow without an event end with the result of their whole content."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from shared.domain.errors import InvalidImage
from shared.services.messages import UploadMessage
from shared.services.queue_policy import UPLOAD_COMPLETE_AFTER, UPLOAD_GROWS
from shared.storage.account.clients import StorageClients
from shared.storage.documents.sqlite.store import SqliteDocumentStore
from shared.storage.layout import UPLOADS, UPLOADS_QUEUE
from tests.doubles.clocks import ManualClock
from tests.unit.services.uploads.test_ingestion import CONTENT, Uploads
from tests.unit.storage.conftest import azurite, clients

__all__ = ["azurite", "clients"]


class Growing(Uploads):
    """An upload, and the messages about its growth."""

    def __init__(
        self, store: SqliteDocumentStore, clients: StorageClients, clock: ManualClock
    ) -> None:
        super().__init__(store, clients, clock)
        self.analyzer.received = self.refuse_incomplete
        self.blob = clients.blobs.get_blob_client(UPLOADS, self.name)

    @staticmethod
    def refuse_incomplete(content: bytes) -> None:
        if not content.endswith(b"end"):
            raise InvalidImage

    def status(self) -> str:
        result = self.result()
        assert result is not None
        return str(result["status"])

    def look(self) -> int:
        """Deliver the messages; returns how many there were."""
        assert {message.delay for message in self.queues.sent} <= {UPLOAD_GROWS.total_seconds()}
        texts = self.queues.take(UPLOADS_QUEUE)
        for text in texts:
            self.ingestion.ingest_grown(msgspec.json.decode(text, type=UploadMessage))
        return len(texts)


@pytest.fixture
def clock() -> ManualClock:
    """The emulator's time: it stamps what is written."""
    return ManualClock(datetime.now(UTC))


@pytest.fixture
def growing(
    store: SqliteDocumentStore, clients: StorageClients, clock: ManualClock, tmp_path: Path
) -> Growing:
    return Growing(store, clients, clock)


def test_an_append_blob_is_ingested_again_until_it_is_complete(growing: Growing) -> None:
    growing.blob.create_append_blob()
    assert growing.ingest()
    assert growing.status() == "rejected"
    for _ in range(3):
        assert growing.look() == 1, "nothing was appended yet"
    growing.blob.append_block(CONTENT)
    assert growing.look() == 1
    assert growing.status() == "rejected"

    growing.blob.append_block(b"end")
    assert growing.look() == 1

    assert growing.status() == "succeeded"
    assert growing.look() == 0


def test_a_file_that_begins_empty_is_ingested_again_when_it_has_content(growing: Growing) -> None:
    growing.upload(b"")
    growing.ingest()
    growing.upload(CONTENT + b"end")

    assert growing.look() == 1

    assert growing.status() == "succeeded"
    assert growing.look() == 0


def test_an_upload_that_is_no_longer_written_to_is_complete(
    growing: Growing, clock: ManualClock
) -> None:
    growing.blob.create_append_blob()
    growing.ingest()
    clock.advance(UPLOAD_COMPLETE_AFTER - timedelta(minutes=1))
    assert growing.look() == 1
    clock.advance(timedelta(minutes=2))
    assert growing.look() == 1
    assert growing.look() == 0
    assert growing.status() == "rejected"


def test_an_upload_that_was_deleted_is_not_looked_at_again(growing: Growing) -> None:
    growing.blob.create_append_blob()
    growing.ingest()
    growing.blob.delete_blob()
    assert growing.look() == 1
    assert growing.look() == 0


def test_a_rejected_image_that_was_written_at_once_is_not_looked_at_again(
    growing: Growing,
) -> None:
    growing.upload(CONTENT)
    growing.ingest()
    assert growing.status() == "rejected"
    assert growing.look() == 0


def test_an_event_that_comes_all_the_same_makes_no_second_result(growing: Growing) -> None:
    growing.blob.create_append_blob()
    growing.ingest()
    growing.blob.append_block(CONTENT + b"end")
    assert growing.ingest()
    before = growing.result()
    assert growing.look() == 1
    assert growing.result() == before
    assert growing.look() == 0
