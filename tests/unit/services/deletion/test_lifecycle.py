"""Deletions of listed faces, and additions that a collection's deletion overtakes."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path

import pytest

from shared.domain.collections import (
    FACE_LIST,
    LARGE_FACE_LIST,
    LARGE_PERSON_GROUP,
    CollectionKind,
)
from shared.domain.errors import CollectionNotFound, PersistedFaceNotFound
from shared.domain.values import Collection, PersistedFace, Person
from shared.storage.layout import PEOPLE, PURGE_QUEUE, UPLOADS
from shared.storage.records.enrolment_uploads import (
    enrolment_folder,
    face_subject,
    person_subject,
)
from shared.storage.records.face_documents import partitions
from shared.storage.records.pending_tasks import TaskKind
from tests.doubles.identifiers import new_id
from tests.unit.services.groups.trainable_group import TrainableGroup


def delete(group: TrainableGroup) -> Collection:
    """Delete the collection and let its purge end."""
    collection = group.collection
    group.collections.delete(
        group.key, collection.incarnation, lambda: group.collection_purge.announce(collection)
    )
    group.collection_purge.request(collection)
    for _ in range(40):
        group.purge()
        group.clock.advance(timedelta(minutes=5))
        group.send_pending()
    assert list(group.tasks.all()) == []
    return collection


def documents(group: TrainableGroup, collection: Collection) -> int:
    people = group.store.container(PEOPLE)
    every = partitions(collection.incarnation, collection.kind.buckets)
    return sum(people.count(partition) for partition in every)


def test_a_face_of_a_face_list_is_deleted_at_once(tmp_path: Path) -> None:
    group = TrainableGroup(tmp_path, kind=FACE_LIST)
    made = group.made_up_face(new_id())
    listed = PersistedFace(made.persisted_face_id, made.persisted_face_id, made.embedding)
    group.listed.add(group.collection, listed, maximum=1)

    group.lifecycle.delete_listed_face(group.collection, listed.persisted_face_id)

    assert group.listed.all(group.collection) == []
    with pytest.raises(PersistedFaceNotFound):
        group.listed.get(group.collection, listed.persisted_face_id)
    group.store.close()


@pytest.mark.parametrize("kind", [LARGE_PERSON_GROUP, LARGE_FACE_LIST, FACE_LIST])
@pytest.mark.parametrize("of_upload", [True, False], ids=["upload", "request"])
def test_a_face_that_an_upload_made_is_not_made_again_by_it(
    tmp_path: Path, kind: CollectionKind, of_upload: bool
) -> None:
    group = TrainableGroup(tmp_path, kind=kind)
    group.blobs.write(UPLOADS, f"{enrolment_folder(group.key)}Ada/1.jpg", b"an image")
    made = group.made_up_face(new_id())
    face_id = str(uuid.uuid5(uuid.NAMESPACE_OID, "upload")) if of_upload else new_id()
    if kind is LARGE_PERSON_GROUP:
        person = Person(new_id(), "Ada")
        group.people.create(group.collection, person)
        face = PersistedFace(face_id, person.person_id, made.embedding)
        group.people.add_face(group.collection, face)
        group.delete_face(face)
    else:
        listed = PersistedFace(face_id, face_id, made.embedding)
        group.listed.add(group.collection, listed, maximum=1)
        group.lifecycle.delete_listed_face(group.collection, face_id)

    (moment,) = group.moments.find([face_subject(face_id)])

    assert (moment is not None) == of_upload
    assert group.stored() == set()
    group.store.close()


def test_a_deleted_person_is_not_made_again_by_an_older_upload(group: TrainableGroup) -> None:
    face = group.add_person()
    name = group.people.get(group.collection, face.person_id).name
    group.blobs.write(UPLOADS, f"{enrolment_folder(group.key, name)}1.jpg", b"an image")

    group.delete_person(face.person_id)

    (moment,) = group.moments.find([person_subject(group.key, name)])
    assert moment is not None


def test_an_addition_to_a_collection_that_exists_changes_nothing(group: TrainableGroup) -> None:
    assert group.lifecycle.verify_still_exists(group.key, group.collection) == group.collection
    assert group.queue.texts(PURGE_QUEUE) == []
    assert [stored.task.kind for stored in group.tasks.all()] == []


@pytest.mark.parametrize("again", [False, True], ids=["gone", "created again"])
@pytest.mark.parametrize("lost", [False, True], ids=["delivered", "lost"])
def test_what_an_addition_wrote_after_the_purge_is_purged(
    group: TrainableGroup, again: bool, lost: bool
) -> None:
    former = delete(group)
    if again:
        present = Collection(former.kind, former.collection_id, "", "recognition_04", new_id())
        group.collections.create(present)
    group.people.create(former, Person(new_id(), "late"))

    with pytest.raises(CollectionNotFound):
        group.lifecycle.verify_still_exists(group.key, former)

    assert [stored.task.kind for stored in group.tasks.all()] == [TaskKind.PURGE]
    if lost:
        group.queue.sent.clear()
        group.clock.advance(timedelta(minutes=6))
        group.send_pending()
    group.purge()
    assert documents(group, former) == 0
    assert (group.collections.find(group.key) is not None) == again
