"""Enrolment by upload: what is made, once, and never again after a deletion."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.domain.collections import (
    COLLECTIONS,
    FACE_COLLECTIONS,
    FACE_LIST,
    LARGE_FACE_LIST,
    LARGE_PERSON_GROUP,
    PERSON_COLLECTIONS,
    PERSON_GROUP,
    CollectionKey,
    CollectionKind,
)
from shared.domain.errors import Unavailable
from shared.domain.requests import Changes
from shared.domain.values import Collection
from shared.services.deletion import outdated_uploads
from shared.storage.account.blobs import BlobPage
from shared.storage.layout import PEOPLE, UPLOADS
from tests.doubles.blobs import FolderBlobs
from tests.unit.services.groups.trainable_group import TrainableGroup
from tests.unit.services.uploads.enrolling_uploads import EnrollingUploads, image_of, name_of

STAFF = CollectionKey(PERSON_GROUP, "staff")


@pytest.fixture
def group(tmp_path: Path) -> TrainableGroup:
    return TrainableGroup(tmp_path)


@pytest.fixture
def uploads(group: TrainableGroup) -> EnrollingUploads:
    return EnrollingUploads(group)


@pytest.mark.parametrize("kind", PERSON_COLLECTIONS)
def test_the_group_and_the_person_are_made_and_have_the_face(
    uploads: EnrollingUploads, kind: CollectionKind
) -> None:
    key = CollectionKey(kind, "staff")
    result = uploads.enrol(name_of(key), image_of(1))
    (person,) = uploads.all_persons(key)
    assert result["status"] == "succeeded"
    assert result["enrolled"] == {
        "collection": f"{kind.segment}/staff",
        "personId": person.person_id,
        "persistedFaceId": person.persisted_face_ids[0],
    }
    assert person.name == "Ada"
    assert uploads.group.collections.get(key).recognition_model == "recognition_04"


@pytest.mark.parametrize("kind", FACE_COLLECTIONS)
def test_a_list_is_made_and_has_the_face_with_the_segment_as_user_data(
    uploads: EnrollingUploads, kind: CollectionKind
) -> None:
    key = CollectionKey(kind, "visitors")
    result = uploads.enrol(name_of(key), image_of(1))
    (face,) = uploads.group.listed.all(uploads.group.collections.get(key))
    assert result["enrolled"] == {
        "collection": f"{kind.segment}/visitors",
        "persistedFaceId": face.persisted_face_id,
    }
    assert face.user_data == "Ada"


@pytest.mark.parametrize("kind", COLLECTIONS)
def test_the_same_bytes_twice_are_one_face(uploads: EnrollingUploads, kind: CollectionKind) -> None:
    key = CollectionKey(kind, "some")
    first = uploads.enrol(name_of(key), image_of(1))
    assert uploads.enrol(name_of(key, file="2.jpg"), image_of(1))["enrolled"] == first["enrolled"]
    assert uploads.enrol(name_of(key), image_of(1))["enrolled"] == first["enrolled"]
    other = uploads.enrol(name_of(key, file="3.jpg"), image_of(2))
    assert other["enrolled"]["persistedFaceId"] != first["enrolled"]["persistedFaceId"]
    assert uploads.analyzer.decoded == 2


def test_a_person_is_named_by_id_or_by_name_however_it_was_made(uploads: EnrollingUploads) -> None:
    key = uploads.group.key
    ada = uploads.persons.create_person(key, name="Ada", user_data=None)
    bob = uploads.group.add_person().person_id
    uploads.persons.update_person(key, bob, Changes(name="Bob"))
    for segment, person, number in (("Ada", ada, 1), ("Bob", bob, 2), (ada.upper(), ada, 3)):
        result = uploads.enrol(name_of(key, segment, f"{number}.jpg"), image_of(number))
        assert result["enrolled"]["personId"] == person
    late = uploads.persons.create_person(key, name="Late", user_data=None)
    assert uploads.enrol(name_of(key, "Late"), image_of(4))["enrolled"]["personId"] == late
    uploads.persons.update_person(key, late, Changes(name="Later"))
    assert uploads.enrol(name_of(key, "Later"), image_of(5))["enrolled"]["personId"] == late
    assert uploads.enrol(name_of(key, "Late"), image_of(6))["enrolled"]["personId"] != late


def test_a_name_that_two_persons_bear_is_rejected(uploads: EnrollingUploads) -> None:
    uploads.enrol(name_of(STAFF), image_of(1))
    uploads.persons.create_person(STAFF, name="Ada", user_data=None)
    result = uploads.enrol(name_of(STAFF, file="2.jpg"), image_of(2))
    assert (result["status"], result["reason"]["code"]) == ("rejected", "NameNotUnique")
    assert "Ada" not in result["reason"]["message"]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("enroll/persongroups/staff/1.jpg", "BadArgument"),
        ("enroll/persons/staff/Ada/1.jpg", "BadArgument"),
        ("enroll/persongroups/STAFF/Ada/1.jpg", "BadArgument"),
        (f"enroll/persongroups/staff/{'x' * 129}/1.jpg", "BadArgument"),
        ("enroll/persongroups/staff/ \u00a0\t/1.jpg", "BadArgument"),
        ("enroll/persongroups/%73taff/Ada/1.jpg", "BadArgument"),
        (f"enroll/persongroups/{'x' * 65}/Ada/1.jpg", "BadArgument"),
        ("enroll/persongroups/none/ABCDEF00-0000-4000-8000-000000000000/1.jpg", "PersonNotFound"),
        (
            "enroll/largepersongroups/people/00000000-0000-4000-8000-000000000000/1.jpg",
            "PersonNotFound",
        ),
        ("enroll/persongroups/none/00000000-0000-4000-8000-000000000000/1.jpg", "PersonNotFound"),
    ],
)
def test_a_name_that_cannot_be_enrolled_is_rejected(
    uploads: EnrollingUploads, name: str, code: str
) -> None:
    result = uploads.enrol(name, image_of(1))
    assert (result["status"], result["reason"]["code"]) == ("rejected", code)


def test_a_rejected_image_makes_neither_a_group_nor_a_person(uploads: EnrollingUploads) -> None:
    result = uploads.enrol(name_of(STAFF), b"short")
    assert result["reason"]["code"] == "InvalidImageSize"
    assert uploads.group.collections.find(STAFF) is None


def deletions(uploads: EnrollingUploads) -> dict[str, Callable[[], None]]:
    """Deletes the face, the person or the group that an upload made."""

    def face() -> None:
        (person,) = uploads.all_persons(STAFF)
        (face_id,) = person.persisted_face_ids
        uploads.persons.delete_face(STAFF, person.person_id, face_id)

    def person() -> None:
        uploads.persons.delete_person(STAFF, uploads.all_persons(STAFF)[0].person_id)

    return {"face": face, "person": person, "group": lambda: uploads.collections.delete(STAFF)}


def enrolled_faces(uploads: EnrollingUploads) -> list[str]:
    if uploads.group.collections.find(STAFF) is None:
        return []
    return [one for person in uploads.all_persons(STAFF) for one in person.persisted_face_ids]


@pytest.mark.parametrize("what", ["face", "person", "group"])
def test_an_event_that_comes_again_after_a_deletion_makes_nothing(
    uploads: EnrollingUploads, what: str
) -> None:
    uploads.enrol(name_of(STAFF), image_of(1))
    deletions(uploads)[what]()
    uploads.ingestion.ingest(name_of(STAFF))
    uploads.forget_result(name_of(STAFF))
    uploads.ingestion.ingest(name_of(STAFF))
    assert enrolled_faces(uploads) == []
    assert uploads.result(name_of(STAFF))["reason"]["code"] == "OlderThanDeletion"


@pytest.mark.parametrize("what", ["face", "person", "group"])
def test_an_upload_whose_event_is_late_is_older_than_the_deletion(
    uploads: EnrollingUploads, what: str
) -> None:
    uploads.enrol(name_of(STAFF), image_of(1))
    late = name_of(STAFF, file="late.jpg")
    uploads.upload(late, image_of(1))
    deletions(uploads)[what]()
    uploads.group.clock.advance(timedelta(minutes=-90))
    uploads.ingestion.ingest(late)
    assert enrolled_faces(uploads) == []
    assert uploads.result(late)["reason"]["code"] == "OlderThanDeletion"


@pytest.mark.parametrize("what", ["face", "person", "group"])
def test_an_upload_after_a_deletion_is_enrolled_under_other_ids(
    uploads: EnrollingUploads, what: str
) -> None:
    before = uploads.enrol(name_of(STAFF), image_of(1))["enrolled"]
    deletions(uploads)[what]()
    uploads.group.clock.advance(timedelta(seconds=1))
    after = uploads.enrol(name_of(STAFF), image_of(1))["enrolled"]
    assert after["persistedFaceId"] != before["persistedFaceId"]
    if what != "face":
        assert after["personId"] != before["personId"]
    assert len(enrolled_faces(uploads)) == 1


@pytest.mark.parametrize("what", ["group", "person", "face"])
def test_a_deletion_that_cannot_list_uploads_outdates_all_and_those_of_five_minutes(
    uploads: EnrollingUploads, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable(*_: object, **__: object) -> None:
        raise Unavailable("Storage cannot answer at the moment.")

    uploads.enrol(name_of(STAFF), image_of(1))
    late = name_of(STAFF, file="late.jpg")
    with monkeypatch.context() as storage:
        storage.setattr(FolderBlobs, "page", unavailable)
        deletions(uploads)[what]()
    uploads.group.clock.advance(timedelta(minutes=5))
    assert uploads.enrol(late, image_of(1))["reason"]["code"] == "OlderThanDeletion"
    uploads.group.clock.advance(timedelta(seconds=1))
    assert uploads.enrol(late, image_of(1))["status"] == "succeeded"


@pytest.mark.parametrize("what", ["group", "person", "face"])
def test_a_deletion_lists_one_page_and_outdates_every_upload_of_a_larger_folder(
    uploads: EnrollingUploads, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outdated_uploads, "_MOST_LISTED", 2)
    uploads.enrol(name_of(STAFF), image_of(1))
    early = [name_of(STAFF, file=f"{number}.jpg") for number in range(5)]
    for name in early:
        uploads.upload(name, image_of(1))
    pages: list[int] = []
    read = FolderBlobs.page

    def page(blobs: FolderBlobs, container: str, *, top: int, **more: Any) -> BlobPage:
        pages.append(top)
        return read(blobs, container, top=top, **more)

    monkeypatch.setattr(FolderBlobs, "page", page)

    deletions(uploads)[what]()

    assert pages == [2]
    for name in early:
        uploads.ingestion.ingest(name)
        assert uploads.result(name)["reason"]["code"] == "OlderThanDeletion"
    uploads.group.clock.advance(timedelta(seconds=1))
    assert uploads.enrol(name_of(STAFF, file="late.jpg"), image_of(1))["status"] == "succeeded"


def test_a_deletion_outdates_only_uploads_of_what_was_deleted(uploads: EnrollingUploads) -> None:
    uploads.enrol(name_of(STAFF), image_of(1))
    late = name_of(STAFF, "Bob", "late.jpg")
    uploads.upload(late, image_of(2))
    deletions(uploads)["person"]()
    uploads.ingestion.ingest(late)
    assert uploads.result(late)["status"] == "succeeded"


@pytest.mark.parametrize("kind", [FACE_LIST, LARGE_FACE_LIST])
def test_a_deleted_face_of_a_list_is_not_made_again(
    uploads: EnrollingUploads, kind: CollectionKind
) -> None:
    key = CollectionKey(kind, "visitors")
    first = uploads.enrol(name_of(key), image_of(1))["enrolled"]["persistedFaceId"]
    late = name_of(key, "Bob", "late.jpg")
    uploads.upload(late, image_of(1))
    collection = uploads.group.collections.get(key)
    uploads.group.lifecycle.delete_listed_face(collection, first)
    uploads.ingestion.ingest(late)
    assert uploads.result(late)["reason"]["code"] == "OlderThanDeletion"
    uploads.group.clock.advance(timedelta(seconds=1))
    assert uploads.enrol(name_of(key), image_of(1))["enrolled"]["persistedFaceId"] != first


def test_an_upload_that_is_deleted_meanwhile_makes_nothing(uploads: EnrollingUploads) -> None:
    name = name_of(STAFF)
    uploads.upload(name, image_of(1))
    uploads.analyzer.during_decode = lambda: uploads.group.files.delete(UPLOADS, name)
    assert not uploads.ingestion.ingest(name)
    assert uploads.group.collections.find(STAFF) is None


def test_a_person_that_is_deleted_while_its_image_is_analysed_is_not_made_again(
    uploads: EnrollingUploads,
) -> None:
    uploads.enrol(name_of(STAFF), image_of(1))
    uploads.analyzer.during_decode = deletions(uploads)["person"]
    result = uploads.enrol(name_of(STAFF, file="2.jpg"), image_of(2))
    assert result["reason"]["code"] == "OlderThanDeletion"
    assert uploads.all_persons(STAFF) == []


def test_concurrent_uploads_of_one_name_make_one_person(uploads: EnrollingUploads) -> None:
    names = [name_of(STAFF, "Ada", f"{number}.jpg") for number in range(24)]
    for number, name in enumerate(names):
        uploads.upload(name, image_of(number))
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(uploads.ingestion.ingest, names))
    (person,) = uploads.all_persons(STAFF)
    assert len(person.persisted_face_ids) == 24
    assert {uploads.result(name)["enrolled"]["personId"] for name in names} == {person.person_id}


def test_nothing_of_a_deleted_person_is_left_in_the_index_of_names(
    uploads: EnrollingUploads,
) -> None:
    key = CollectionKey(LARGE_PERSON_GROUP, "many")
    uploads.enrol(name_of(key), image_of(1))
    people = uploads.group.store.container(PEOPLE)
    incarnation = uploads.group.collections.get(key).incarnation
    partitions = [f"{incarnation}:{digit}" for digit in "0123456789abcdef"]
    assert any(people.page(one, prefix="n.") for one in partitions)
    uploads.persons.delete_person(key, uploads.all_persons(key)[0].person_id)
    assert not any(people.page(one, prefix="n.") for one in partitions)


@pytest.mark.parametrize("what", ["face", "person"])
def test_the_result_no_longer_names_what_was_deleted(uploads: EnrollingUploads, what: str) -> None:
    key = uploads.group.key
    enrolled = uploads.enrol(name_of(key), image_of(1))["enrolled"]
    person, face = enrolled["personId"], enrolled["persistedFaceId"]
    if what == "face":
        uploads.persons.delete_face(key, person, face)
    else:
        uploads.persons.delete_person(key, person)
    uploads.group.erase()
    result = uploads.result(name_of(key))
    assert face not in str(result)
    assert "enrolled" not in result


def test_a_face_that_is_deleted_before_its_result_is_written_is_not_named(
    uploads: EnrollingUploads,
) -> None:
    key, name = uploads.group.key, name_of(uploads.group.key)
    uploads.upload(name, image_of(1))
    trained: list[str] = []

    def delete(collection: Collection) -> None:
        (person,) = uploads.all_persons(key)
        trained.append(person.persisted_face_ids[0])
        uploads.persons.delete_face(key, person.person_id, person.persisted_face_ids[0])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uploads.group.when_quiet, "enrolled", delete)
        uploads.ingestion.ingest(name)
    assert trained[0] not in str(uploads.result(name))
