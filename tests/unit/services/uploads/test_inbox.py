"""Uploads by HTTP: a deletion that failed half-way is completed by the next one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from shared.domain.errors import Unavailable, UploadNotFound
from shared.services.uploads.inbox import UploadInbox
from shared.services.uploads.unknown_faces import IgnoredFaces
from shared.storage.documents.sqlite.store import SqliteDocumentStore
from shared.storage.layout import INGESTIONS, RESULTS, UPLOADS
from shared.storage.records.ingestions import IngestionRecords
from tests.doubles.blobs import FolderBlobs
from tests.doubles.clocks import ManualClock
from tests.doubles.interruptions import InterruptedBlobs, Interruption, Interruptions

NAME = "gate/1.jpg"


class ForgottenFaces(IgnoredFaces):
    """Unknown faces of uploads.

    Attributes:
        forgotten: the uploads that they were forgotten of.
    """

    def __init__(self) -> None:
        self.forgotten: list[str] = []

    def forget(self, upload: str) -> None:
        """See UnknownFaces."""
        self.forgotten.append(upload)


class Inbox:
    """An inbox with one upload and its result; calls of its blobs may fail."""

    def __init__(self, folder: Path, store: SqliteDocumentStore, clock: ManualClock) -> None:
        self.blobs, self.interruptions = FolderBlobs(folder, clock), Interruptions()
        self.faces = ForgottenFaces()
        self.inbox = UploadInbox(
            InterruptedBlobs(self.blobs, self.interruptions),
            IngestionRecords(store.container(INGESTIONS)),
            unknown_faces=self.faces,
        )
        self.blobs.write(UPLOADS, NAME, b"image")
        self.blobs.write(RESULTS, f"{NAME}.json", b"{}")

    def left(self) -> Sequence[str]:
        """The blobs that there are."""
        return [
            f"{container}/{blob.name}"
            for container in (UPLOADS, RESULTS)
            for blob in self.blobs.listing(container)
        ]


@pytest.fixture
def inbox(tmp_path: Path, store: SqliteDocumentStore, clock: ManualClock) -> Inbox:
    return Inbox(tmp_path / "blobs", store, clock)


def test_an_upload_goes_with_its_result_and_its_unknown_faces(inbox: Inbox) -> None:
    inbox.inbox.delete(NAME)
    assert (inbox.left(), inbox.faces.forgotten) == ([], [NAME])
    with pytest.raises(UploadNotFound):
        inbox.inbox.delete(NAME)


@pytest.mark.parametrize("at", [1, 2])
@pytest.mark.parametrize("first", [True, False])
def test_a_deletion_that_failed_half_way_is_completed_by_the_next_one(
    inbox: Inbox, at: int, *, first: bool
) -> None:
    inbox.interruptions.plan(Interruption(at, None, first))
    with pytest.raises(Unavailable):
        inbox.inbox.delete(NAME)
    if inbox.left():
        inbox.inbox.delete(NAME)
    assert inbox.left() == []
    assert inbox.faces.forgotten
