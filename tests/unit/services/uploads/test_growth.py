"""Uploads that grow without an event end with the result of their whole content."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from azure.storage.blob import ContentSettings

from shared.domain.errors import InvalidImage
from shared.services.messages import UploadMessage
from shared.services.queue_policy import UPLOAD_COMPLETE_AFTER, UPLOAD_GROWS
from shared.storage.account.azure_blobs import AzureBlobStore
from shared.storage.account.blobs import OpenedBlob
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

    def etag(self) -> str:
        return self.blob.get_blob_properties().etag.strip('"')

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


def test_an_append_blob_that_grows_after_its_result_has_faces_has_the_right_result(
    growing: Growing,
) -> None:
    growing.blob.create_append_blob()
    growing.blob.append_block(CONTENT + b"end")
    assert growing.ingest()
    first = growing.result()
    assert growing.status() == "succeeded"
    for _ in range(3):
        assert growing.look() == 1, "nothing was appended yet"
        assert growing.result() == first

    growing.blob.append_block(b"more")
    assert growing.look() == 1
    assert growing.status() == "rejected"

    growing.blob.append_block(b"end")
    assert growing.look() == 1
    second = growing.result()
    assert growing.status() == "succeeded"
    assert first is not None
    assert second is not None
    assert second["etag"] == growing.etag() != first["etag"]


def test_a_blob_that_grows_while_it_is_ingested_is_examined_again(growing: Growing) -> None:
    growing.blob.create_append_blob()
    growing.blob.append_block(CONTENT + b"end")

    def append(_: bytes) -> None:
        growing.analyzer.received = growing.refuse_incomplete
        growing.blob.append_block(b"more, to the end")

    growing.analyzer.received = append
    assert not growing.ingest(), "its result would be out of date"

    assert growing.look() == 1

    assert growing.status() == "succeeded"


def test_a_blob_that_grows_while_it_is_read_is_examined_again(
    growing: Growing, monkeypatch: pytest.MonkeyPatch
) -> None:
    growing.blob.create_append_blob()
    growing.blob.append_block(CONTENT)

    read = AzureBlobStore.open

    def read_before_the_end(
        store: AzureBlobStore, container: str, name: str, *, most: int
    ) -> OpenedBlob | None:
        opened = read(store, container, name, most=most)
        growing.blob.append_block(b"end")
        return opened

    with monkeypatch.context() as patch:
        patch.setattr(AzureBlobStore, "open", read_before_the_end)
        assert not growing.ingest()

    assert growing.look() == 1

    assert growing.status() == "succeeded"


def test_a_changed_etag_of_the_same_content_does_not_end_the_examination(growing: Growing) -> None:
    growing.blob.create_append_blob()
    growing.blob.append_block(CONTENT + b"end")
    growing.ingest()
    growing.blob.set_http_headers(ContentSettings(content_type="image/jpeg"))
    assert growing.look() == 1
    growing.blob.append_block(b"more")

    assert growing.look() == 1

    assert growing.status() == "rejected"


def test_events_of_every_block_leave_one_message(growing: Growing) -> None:
    growing.blob.create_append_blob()
    for _ in range(4):
        growing.blob.append_block(CONTENT + b"end")
        growing.ingest()
        growing.ingest()
    assert growing.look() == 4

    assert growing.look() == 1
    assert growing.look() == 1


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
    assert growing.look() == 2
    assert growing.result() == before
    assert growing.look() == 1
