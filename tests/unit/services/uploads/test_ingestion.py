"""Ingestion of uploads against Azurite: once, again after the faces expired, never stale."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import ContentSettings

from shared.domain.clock import Clock
from shared.domain.errors import Unavailable
from shared.services.recognition.identification import Identification
from shared.services.recognition.image_analysis import ImageAnalysis
from shared.services.uploads.enrolment.verdicts import EnrolmentVerdicts
from shared.services.uploads.growth import UploadGrowth
from shared.services.uploads.ingestion import MAXIMUM_ATTEMPTS, UploadIngestion
from shared.services.uploads.named_results import NamedResults
from shared.services.uploads.results import result_name
from shared.storage.account.azure_blobs import AzureBlobStore
from shared.storage.account.clients import StorageClients
from shared.storage.documents.sqlite.store import SqliteDocumentStore
from shared.storage.layout import COLLECTIONS, FACES, INGESTIONS, PEOPLE, RESULTS, UPLOADS
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.collections.people import People
from shared.storage.records.detected_faces import DetectedFaces
from shared.storage.records.ingestions import IngestionRecords
from tests.doubles.analyzers import OneFaceAnalyzer
from tests.doubles.clocks import ManualClock
from tests.doubles.gates import OpenBudget, OpenGate
from tests.doubles.queues import RecordingQueues
from tests.unit.storage.conftest import azurite, clients

__all__ = ["azurite", "clients"]

CONTENT = b"an image, " * 200
LIFETIME = timedelta(days=1)


class Uploads:
    """An ingestion over Azurite and SQLite, and one upload."""

    def __init__(self, store: SqliteDocumentStore, clients: StorageClients, clock: Clock) -> None:
        for container in (UPLOADS, RESULTS):
            try:
                clients.blobs.create_container(container)
            except ResourceExistsError:
                continue
        self.clients = clients
        self.blobs = AzureBlobStore(clients.blobs)
        self.queues = RecordingQueues()
        self.analyzer = OneFaceAnalyzer()
        self.faces = DetectedFaces(store.container(FACES), clock)
        self.name = f"{uuid.uuid4().hex}.jpg"
        self.ingestion = UploadIngestion(
            ImageAnalysis(self.analyzer, OpenGate(), OpenBudget(), lambda url: b""),
            self.faces,
            cast("Identification", None),  # no upload here names a group
            CollectionRecords(store.container(COLLECTIONS)),
            People(store.container(PEOPLE)),
            IngestionRecords(store.container(INGESTIONS)),
            cast("NamedResults", None),
            self.blobs,
            clock,
            UploadGrowth(self.blobs, self.queues, clock),
            cast("EnrolmentVerdicts", None),  # no upload here is to be enrolled
        )

    def upload(self, content: bytes = CONTENT, **metadata: str) -> str:
        return self.blobs.write(UPLOADS, self.name, content, metadata=metadata)

    def upload_encoded(self, content: bytes, encoding: str) -> None:
        self.clients.blobs.get_blob_client(UPLOADS, self.name).upload_blob(
            content, overwrite=True, content_settings=ContentSettings(content_encoding=encoding)
        )

    def ingest(self) -> bool:
        return self.ingestion.ingest(self.name)

    def result(self) -> dict[str, Any] | None:
        content = self.blobs.read(RESULTS, f"{self.name}.json")
        return None if content is None else cast("dict[str, Any]", json.loads(content))

    def face_id(self) -> str:
        result = self.result()
        assert result is not None
        (face,) = result["faces"]
        return str(face["faceId"])


@pytest.fixture
def uploads(
    store: SqliteDocumentStore, clients: StorageClients, clock: ManualClock, tmp_path: Path
) -> Uploads:
    return Uploads(store, clients, clock)


def test_an_event_that_comes_twice_makes_one_result(uploads: Uploads) -> None:
    uploads.upload()
    assert uploads.ingest()
    first = uploads.result()
    assert not uploads.ingest()
    assert uploads.result() == first
    assert uploads.analyzer.decoded == 1
    assert uploads.faces.get(uploads.face_id()) is not None


def test_the_same_image_gets_new_faces_once_the_old_ones_expired(
    uploads: Uploads, clock: ManualClock
) -> None:
    uploads.upload()
    uploads.ingest()
    first = uploads.face_id()
    clock.advance(LIFETIME)
    assert uploads.faces.get(first) is None
    assert uploads.ingest()
    second = uploads.face_id()
    assert second != first
    assert uploads.faces.get(second) is not None


def test_a_result_that_was_deleted_comes_again_with_the_same_faces(uploads: Uploads) -> None:
    uploads.upload()
    uploads.ingest()
    first = uploads.face_id()
    uploads.blobs.delete(RESULTS, f"{uploads.name}.json")
    assert uploads.ingest()
    assert uploads.face_id() == first


def test_the_result_of_an_overwritten_image_is_dropped(uploads: Uploads) -> None:
    uploads.upload()
    uploads.analyzer.during_decode = lambda: uploads.upload(CONTENT + b"another")
    assert not uploads.ingest()
    assert uploads.result() is None
    assert uploads.ingest()
    assert uploads.result() is not None


def test_an_upload_that_was_deleted_is_no_error(uploads: Uploads) -> None:
    assert not uploads.ingest()
    uploads.upload()
    uploads.analyzer.during_decode = lambda: uploads.blobs.delete(UPLOADS, uploads.name)
    assert not uploads.ingest()
    assert uploads.result() is None


@pytest.mark.parametrize(
    ("content", "metadata", "code"),
    [
        (b"x", {}, "InvalidImageSize"),
        (CONTENT, {"recognitionmodel": "recognition_00"}, "BadArgument"),
    ],
)
def test_an_unusable_upload_is_rejected_once_and_not_retried(
    uploads: Uploads, content: bytes, metadata: dict[str, str], code: str
) -> None:
    uploads.upload(content, **metadata)
    assert uploads.ingest()
    result = uploads.result()
    assert result is not None
    assert (result["status"], result["reason"]["code"]) == ("rejected", code)
    assert not uploads.ingest()


def test_an_internal_fault_is_raised_so_that_the_event_is_retried(uploads: Uploads) -> None:
    uploads.upload()

    def fail() -> None:
        raise ConnectionError

    uploads.analyzer.during_decode = fail
    with pytest.raises(ConnectionError):
        uploads.ingest()
    assert uploads.result() is None
    assert uploads.ingest()


def fail(error: Exception) -> Callable[[], None]:
    def call() -> None:
        raise error

    return call


def test_an_upload_that_fails_every_time_is_rejected_by_the_last_attempt(uploads: Uploads) -> None:
    uploads.upload()
    for _ in range(MAXIMUM_ATTEMPTS - 1):
        uploads.analyzer.during_decode = fail(ZeroDivisionError())
        with pytest.raises(ZeroDivisionError):
            uploads.ingest()
        assert uploads.result() is None

    uploads.analyzer.during_decode = fail(ZeroDivisionError())
    assert uploads.ingest()

    result = uploads.result()
    assert result is not None
    assert (result["status"], result["reason"]["code"]) == ("rejected", "InternalServerError")
    assert not uploads.ingest()


def test_a_rejected_upload_that_is_written_again_is_tried_again(uploads: Uploads) -> None:
    uploads.upload()
    for _ in range(MAXIMUM_ATTEMPTS):
        uploads.analyzer.during_decode = fail(ZeroDivisionError())
        with contextlib.suppress(ZeroDivisionError):
            uploads.ingest()
    uploads.upload()
    assert uploads.ingest()
    first = uploads.face_id()
    etag = uploads.upload()
    assert not uploads.ingest()
    assert uploads.face_id() == first
    assert (uploads.result() or {})["etag"] != etag


class Killed(BaseException):
    """The process ends."""


def test_an_upload_that_ends_the_process_is_not_tried_for_ever(uploads: Uploads) -> None:
    uploads.upload()

    def kill() -> None:
        raise Killed

    for _ in range(MAXIMUM_ATTEMPTS):
        uploads.analyzer.during_decode = kill
        with pytest.raises(Killed):
            uploads.ingest()

    assert uploads.ingest()
    result = uploads.result()
    assert result is not None
    assert result["status"] == "rejected"


def test_a_record_of_version_0_1_counts_no_attempts_yet(
    uploads: Uploads, store: SqliteDocumentStore
) -> None:
    uploads.upload()
    uploads.analyzer.during_decode = fail(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        uploads.ingest()
    container = store.container(INGESTIONS)
    (document,) = (one for bucket in range(256) for one in container.page(f"{bucket:02x}"))
    older = {name: value for name, value in document.body.items() if name != "attempts"}
    container.replace(document.key, older)

    for _ in range(MAXIMUM_ATTEMPTS - 1):
        uploads.analyzer.during_decode = fail(ZeroDivisionError())
        with pytest.raises(ZeroDivisionError):
            uploads.ingest()
    uploads.analyzer.during_decode = fail(ZeroDivisionError())
    assert uploads.ingest()

    result = uploads.result()
    assert result is not None
    assert result["status"] == "rejected"


def test_faults_of_infrastructure_use_up_no_attempts(uploads: Uploads) -> None:
    uploads.upload()
    for _ in range(MAXIMUM_ATTEMPTS * 2):
        uploads.analyzer.during_decode = fail(Unavailable("The store is away."))
        with pytest.raises(Unavailable):
            uploads.ingest()

    assert uploads.ingest()
    result = uploads.result()
    assert result is not None
    assert result["status"] == "succeeded"


@pytest.mark.parametrize(
    ("content", "encoding", "code"),
    [
        (CONTENT, "gzip", "InvalidImage"),
        (CONTENT, "br", "InvalidImage"),
        (gzip.compress(CONTENT)[:-9] + b"." * 2_000, "gzip", "InvalidImage"),
        (gzip.compress(bytes(64 * 1024 * 1024)), "gzip", "InvalidImageSize"),
    ],
)
def test_a_false_or_excessive_content_encoding_is_rejected(
    uploads: Uploads, content: bytes, encoding: str, code: str
) -> None:
    uploads.upload_encoded(content, encoding)
    assert uploads.ingest()
    result = uploads.result()
    assert result is not None
    assert (result["status"], result["reason"]["code"]) == ("rejected", code)


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "identity"])
def test_an_image_is_read_through_its_content_encoding(uploads: Uploads, encoding: str) -> None:
    noise = os.urandom(4_000)
    stored = noise if encoding == "identity" else gzip.compress(noise)
    uploads.upload_encoded(stored, encoding)
    received: list[bytes] = []
    uploads.analyzer.received = received.append
    assert uploads.ingest()
    result = uploads.result()
    assert result is not None
    assert result["status"] == "succeeded"
    assert received == [noise]


@pytest.mark.parametrize("length", [1_019, 1_020, 1_024])
def test_a_long_name_gets_a_result_under_a_name_that_fits(uploads: Uploads, length: int) -> None:
    uploads.name = uploads.name.ljust(length, "x")
    uploads.upload()
    assert uploads.ingest()
    found = uploads.blobs.read(RESULTS, result_name(uploads.name))
    assert found is not None
    assert json.loads(found)["blob"] == uploads.name
    assert len(result_name(uploads.name)) <= 1_024


@pytest.mark.parametrize("seconds", ["000000006099999999", "6099999999", "9" * 5_000])
def test_a_lifetime_out_of_range_is_rejected(uploads: Uploads, seconds: str) -> None:
    uploads.upload(faceidtimetolive=seconds)
    assert uploads.ingest()
    result = uploads.result()
    assert result is not None
    assert (result["status"], result["reason"]["code"]) == ("rejected", "BadArgument")
