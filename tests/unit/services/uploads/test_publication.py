"""Publication of results: how many requests it takes, and which result stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.domain.collections import LARGE_PERSON_GROUP, CollectionKey
from shared.storage.account.blobs import BlobProperties, OpenedBlob
from shared.storage.layout import RESULTS, UPLOADS
from tests.doubles.blobs import FolderBlobs
from tests.unit.services.groups.trainable_group import TrainableGroup
from tests.unit.services.uploads.enrolling_uploads import EnrollingUploads, image_of, name_of

KEY = CollectionKey(LARGE_PERSON_GROUP, "staff")
NAME = name_of(KEY)


@pytest.fixture
def uploads(tmp_path: Path) -> EnrollingUploads:
    return EnrollingUploads(TrainableGroup(tmp_path))


def test_another_face_of_a_person_takes_four_requests_to_the_storage_account(
    uploads: EnrollingUploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads.enrol(NAME, image_of(1))
    other = name_of(KEY, file="2.jpg")
    uploads.upload(other, image_of(2))
    requests: list[str] = []
    _record(requests, monkeypatch)

    uploads.ingestion.ingest(other)

    assert requests == [
        f"open {UPLOADS}",
        f"properties {UPLOADS}",  # before the face is added
        f"properties {UPLOADS}",  # before the result is written
        f"write {RESULTS}",
    ]


def test_the_result_of_an_older_version_is_replaced(uploads: EnrollingUploads) -> None:
    first = uploads.enrol(NAME, image_of(1))
    second = uploads.enrol(NAME, image_of(2))
    assert second["etag"] != first["etag"]
    assert second["enrolled"] != first["enrolled"]


def test_a_version_that_was_overwritten_leaves_the_result_of_the_newer_one(
    uploads: EnrollingUploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = FolderBlobs.open

    def overtaken(store: FolderBlobs, container: str, name: str, *, most: int) -> OpenedBlob | None:
        opened = read(store, container, name, most=most)
        monkeypatch.undo()
        uploads.enrol(NAME, image_of(2))
        return opened

    uploads.upload(NAME, image_of(1))
    monkeypatch.setattr(FolderBlobs, "open", overtaken)

    assert not uploads.ingestion.ingest(NAME)

    assert uploads.result(NAME)["etag"] == "2"


def _record(requests: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every request noted that another face of a person may take."""
    read, look, write = FolderBlobs.open, FolderBlobs.properties, FolderBlobs.write

    def opened(store: FolderBlobs, container: str, name: str, *, most: int) -> OpenedBlob | None:
        requests.append(f"open {container}")
        with monkeypatch.context() as patch:
            patch.setattr(FolderBlobs, "properties", look)
            return read(store, container, name, most=most)

    def properties(store: FolderBlobs, container: str, name: str) -> BlobProperties | None:
        requests.append(f"properties {container}")
        return look(store, container, name)

    def written(store: FolderBlobs, container: str, name: str, *rest: object, **how: object) -> str:
        requests.append(f"write {container}")
        return write(store, container, name, *rest, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(FolderBlobs, "open", opened)
    monkeypatch.setattr(FolderBlobs, "properties", properties)
    monkeypatch.setattr(FolderBlobs, "write", written)
