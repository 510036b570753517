"""A deletion notes how recent the uploads are that it outdates; where there are none, nothing."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from shared.domain.collections import (
    DYNAMIC_PERSON_GROUP,
    LARGE_FACE_LIST,
    LARGE_PERSON_GROUP,
    CollectionKey,
)
from shared.domain.errors import Unavailable
from shared.domain.values import Collection
from shared.services.deletion.outdated_uploads import OutdatedUploads, is_of_upload
from shared.storage.account.blobs import BlobPage
from shared.storage.documents.sqlite.store import SqliteDocumentStore
from shared.storage.layout import INGESTIONS, UPLOADS
from shared.storage.records.enrolment_uploads import (
    NEVER,
    DeletionMoments,
    collection_subject,
    enrolment_folder,
    face_subject,
    person_subject,
)
from tests.doubles.blobs import FolderBlobs
from tests.doubles.clocks import ManualClock
from tests.doubles.identifiers import new_id

GROUP = Collection(LARGE_PERSON_GROUP, "people", "", "recognition_04", new_id())
FACE = str(uuid.uuid5(uuid.NAMESPACE_OID, "upload"))


class Uploads:
    """Uploads of a group, and what deletions note about them."""

    def __init__(self, store: SqliteDocumentStore, clock: ManualClock, folder: Path) -> None:
        self.clock = clock
        self.blobs = FolderBlobs(folder / "blobs", clock)
        self.moments = DeletionMoments(store.container(INGESTIONS), lifetime=86_400)
        self.outdated = OutdatedUploads(self.blobs, self.moments, clock)

    def upload(self, name: str) -> datetime:
        """Upload; answers when. A second passes."""
        moment = self.clock.now()
        self.blobs.write(UPLOADS, f"{enrolment_folder(GROUP.key)}{name}", b"an image")
        self.clock.advance(timedelta(seconds=1))
        return moment

    def noted(self, subject: str) -> datetime | None:
        (moment,) = self.moments.find([subject])
        return moment


@pytest.fixture
def uploads(store: SqliteDocumentStore, clock: ManualClock, tmp_path: Path) -> Uploads:
    return Uploads(store, clock, tmp_path)


DELETIONS: dict[str, tuple[Callable[[OutdatedUploads], None], str]] = {
    "group": (lambda one: one.by_collection(GROUP.key), collection_subject(GROUP.key)),
    "person": (lambda one: one.by_person(GROUP, "Ada"), person_subject(GROUP.key, "Ada")),
    "face": (lambda one: one.by_face(GROUP, FACE), face_subject(FACE)),
}
EACH = pytest.mark.parametrize(("delete", "subject"), DELETIONS.values(), ids=DELETIONS.keys())


@EACH
def test_the_most_recent_upload_is_noted(
    uploads: Uploads, delete: Callable[[OutdatedUploads], None], subject: str
) -> None:
    uploads.upload("Ada/2.jpg")
    recent = uploads.upload("Ada/1.jpg")
    others = uploads.upload("Bob/1.jpg")
    before = uploads.noted(subject)

    delete(uploads.outdated)

    assert before is None
    assert uploads.noted(subject) == (recent if "Ada" in subject else others)


@EACH
def test_where_there_are_no_uploads_only_a_face_that_one_made_is_noted(
    uploads: Uploads, delete: Callable[[OutdatedUploads], None], subject: str
) -> None:
    delete(uploads.outdated)
    assert uploads.noted(subject) == (NEVER if subject == face_subject(FACE) else None)


@EACH
def test_uploads_that_cannot_be_listed_are_outdated_with_those_of_five_minutes(
    uploads: Uploads,
    monkeypatch: pytest.MonkeyPatch,
    delete: Callable[[OutdatedUploads], None],
    subject: str,
) -> None:
    def unavailable(*_: object, **__: object) -> None:
        raise Unavailable("Storage cannot answer at the moment.")

    for name in ("listing", "page"):
        monkeypatch.setattr(uploads.blobs, name, unavailable)

    delete(uploads.outdated)

    assert uploads.noted(subject) == uploads.clock.now() + timedelta(minutes=5)


@pytest.mark.parametrize(("uploaded", "all_listed"), [(2, True), (3, False)])
def test_of_more_than_a_thousand_uploads_all_up_to_the_answer_are_outdated(
    uploads: Uploads, monkeypatch: pytest.MonkeyPatch, uploaded: int, all_listed: bool
) -> None:
    page, asked = uploads.blobs.page, list[int]()

    def shortened(container: str, *, top: int, prefix: str) -> BlobPage:
        asked.append(top)
        return page(container, top=2, prefix=prefix)

    monkeypatch.setattr(uploads.blobs, "page", shortened)
    recent = [uploads.upload(f"Ada/{number}.jpg") for number in range(uploaded)][-1]

    uploads.outdated.by_person(GROUP, "Ada")

    assert asked == [1_000]
    answered = uploads.clock.now()
    noted = uploads.noted(person_subject(GROUP.key, "Ada"))
    assert noted == (recent if all_listed else answered)
    assert answered > recent


def test_collections_that_no_upload_enrols_in_are_not_noted(uploads: Uploads) -> None:
    dynamic = CollectionKey(DYNAMIC_PERSON_GROUP, "people")
    uploads.blobs.write(UPLOADS, f"{enrolment_folder(dynamic)}Ada/1.jpg", b"an image")
    uploads.outdated.by_collection(dynamic)
    assert uploads.noted(collection_subject(dynamic)) is None


def test_a_face_of_a_request_is_not_noted_and_one_of_an_upload_in_a_list_is(
    uploads: Uploads,
) -> None:
    face, faces = new_id(), Collection(LARGE_FACE_LIST, "faces", "", "recognition_04", new_id())
    uploads.upload("Ada/1.jpg")
    uploads.outdated.by_face(GROUP, face)
    assert uploads.noted(face_subject(face)) is None
    uploads.outdated.by_face(faces, FACE)
    assert uploads.noted(face_subject(FACE)) == NEVER
    assert is_of_upload(FACE)
    assert not is_of_upload(face)
