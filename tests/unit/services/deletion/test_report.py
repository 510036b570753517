"""A deletion reads as what is left of it, until nothing is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from shared.domain.collections import FACE_LIST, LARGE_FACE_LIST, CollectionKey
from shared.domain.directory import DirectoryPerson
from shared.domain.values import Collection, DeletionReport, DeletionStatus, Owed, OwedKind
from shared.services.deletion.report import DeletionReports
from shared.services.queue_policy import MAINTENANCE, PURGE_VERIFIED_AFTER
from shared.storage.documents.store import Replace
from shared.storage.layout import PEOPLE
from shared.storage.records.directory.deletions import DirectoryDeletions
from shared.storage.records.directory.documents import deleted_key
from shared.storage.records.directory.people import DirectoryPeople
from shared.storage.records.pending_tasks import PendingTask, TaskKind
from tests.doubles.identifiers import new_id
from tests.unit.services.groups.trainable_group import TrainableGroup

GONE = DeletionReport(DeletionStatus.GONE)
EXISTING = DeletionReport(DeletionStatus.EXISTING)


def reports(group: TrainableGroup) -> DeletionReports:
    """Reports about a group's deletions and the directory's in the same store."""
    people = group.store.container(PEOPLE)
    return DeletionReports(
        group.collections,
        group.trainings,
        group.people,
        group.listed,
        group.marks,
        group.tasks,
        DirectoryPeople(people),
        DirectoryDeletions(people),
        group.named,
        group.clock,
    )


def kinds(report: DeletionReport) -> set[OwedKind]:
    """What is owed."""
    return {one.what for one in report.owed}


def test_a_deleted_person_is_owed_until_its_embedding_left_the_snapshot(
    group: TrainableGroup,
) -> None:
    person, other = group.add_person(faces=2).person_id, group.add_person().person_id
    group.train()
    group.results.remember(group.collection, "a.json", [person, other])
    assert reports(group).of_person(group.key, person) == EXISTING
    group.delete_person(person)

    deleted = group.clock.now()
    until = deleted + MAINTENANCE
    assert reports(group).of_person(group.key, person) == DeletionReport(
        DeletionStatus.ERASING,
        (
            Owed(OwedKind.DOCUMENTS, until),
            Owed(OwedKind.SNAPSHOT, until),
            Owed(OwedKind.RESULTS, until),
        ),
    )
    group.erase()
    assert reports(group).of_person(group.key, person) == GONE
    assert reports(group).of_person(group.key, other) == EXISTING


def test_a_late_deletion_names_no_time(group: TrainableGroup) -> None:
    person = group.add_person().person_id
    group.train()
    group.delete_person(person)
    group.clock.advance(2 * MAINTENANCE)
    documents, snapshot = reports(group).of_person(group.key, person).owed
    assert (documents.until, snapshot.until) == (None, None)


def test_a_training_under_way_leaves_the_time_of_the_snapshot_open(group: TrainableGroup) -> None:
    person = group.add_person().person_id
    group.train()
    group.training.request(group.key)
    group.delete_person(person)
    owed = {one.what: one.until for one in reports(group).of_person(group.key, person).owed}
    assert owed[OwedKind.SNAPSHOT] is None
    assert owed[OwedKind.DOCUMENTS] is not None


def test_an_untrained_group_owes_no_snapshot(group: TrainableGroup) -> None:
    person = group.add_person().person_id
    group.delete_person(person)
    report = reports(group).of_person(group.key, person)
    assert kinds(report) == {OwedKind.DOCUMENTS}


def test_a_deleted_face_is_distinguished_from_its_person(group: TrainableGroup) -> None:
    kept = group.add_person()
    face = group.add_face(kept.person_id)
    group.train()
    group.delete_face(face)
    found = reports(group)
    erasing = found.of_face(group.key, face.person_id, face.persisted_face_id)
    assert erasing.status is DeletionStatus.ERASING
    assert kinds(erasing) == {OwedKind.DOCUMENTS, OwedKind.SNAPSHOT}
    assert found.of_face(group.key, kept.person_id, kept.persisted_face_id) == EXISTING
    assert found.of_person(group.key, kept.person_id) == EXISTING
    group.erase()
    assert found.of_face(group.key, face.person_id, face.persisted_face_id) == GONE


def test_the_faces_of_a_deleted_person_are_owed_with_it(group: TrainableGroup) -> None:
    face = group.add_person()
    group.train()
    group.delete_person(face.person_id)
    report = reports(group).of_face(group.key, face.person_id, face.persisted_face_id)
    assert kinds(report) == {OwedKind.DOCUMENTS, OwedKind.SNAPSHOT}


def test_a_face_of_a_large_list_is_owed_until_it_left_the_snapshot(tmp_path: Path) -> None:
    group = TrainableGroup(tmp_path, kind=LARGE_FACE_LIST)
    face = group.made_up_face(new_id())
    own = face.persisted_face_id
    group.listed.add(group.collection, face, maximum=10)
    group.train()
    assert reports(group).of_face(group.key, own, own) == EXISTING
    group.lifecycle.delete_listed_face(group.collection, own)
    assert kinds(reports(group).of_face(group.key, own, own)) == {
        OwedKind.DOCUMENTS,
        OwedKind.SNAPSHOT,
    }
    group.erase()
    assert reports(group).of_face(group.key, own, own) == GONE
    group.store.close()


def test_a_deleted_collection_is_owed_until_its_purge_was_verified(group: TrainableGroup) -> None:
    person = group.add_person().person_id
    group.train()
    group.results.remember(group.collection, "a.json", [person])
    assert reports(group).of_collection(group.key) == EXISTING
    deleted = delete(group)

    until = group.clock.now() + 2 * MAINTENANCE
    owed = tuple(
        Owed(kind, until) for kind in (OwedKind.DOCUMENTS, OwedKind.SNAPSHOT, OwedKind.RESULTS)
    )
    assert reports(group).of_collection(group.key) == DeletionReport(DeletionStatus.ERASING, owed)
    assert reports(group).of_person(group.key, person).owed == owed

    group.purge()
    verified = group.clock.now() + PURGE_VERIFIED_AFTER + MAINTENANCE
    assert reports(group).of_collection(group.key).owed == (Owed(OwedKind.VERIFICATION, verified),)

    group.clock.advance(PURGE_VERIFIED_AFTER + MAINTENANCE)
    group.send_pending()
    group.purge()
    assert reports(group).of_collection(group.key) == GONE
    assert reports(group).of_person(group.key, person) == GONE
    assert deleted.incarnation not in [one.task.incarnation for one in group.tasks.all()]


def test_a_collection_made_again_owes_what_is_left_of_the_earlier_one(
    group: TrainableGroup,
) -> None:
    person = group.add_person().person_id
    group.train()
    deleted = delete(group)
    group.collections.create(
        Collection(deleted.kind, deleted.collection_id, "again", "recognition_04", new_id())
    )
    again = reports(group).of_collection(group.key)
    assert again.status is DeletionStatus.EXISTING
    assert kinds(again) == {OwedKind.DOCUMENTS, OwedKind.SNAPSHOT}
    assert reports(group).of_person(group.key, person).status is DeletionStatus.ERASING


@pytest.mark.parametrize("swept", [True, False])
def test_a_person_of_the_directory_is_owed_until_its_faces_are_swept(
    group: TrainableGroup, swept: bool
) -> None:
    people = group.store.container(PEOPLE)
    directory, deletions = DirectoryPeople(people), DirectoryDeletions(people)
    person = new_id()
    directory.create(DirectoryPerson(person, "Ada"))
    face = group.made_up_face(person)
    directory.add_face("recognition_04", face, maximum=10)
    found = reports(group)
    assert found.of_directory(person, None) == EXISTING
    assert found.of_directory(person, face.persisted_face_id) == EXISTING
    assert found.of_directory(person, new_id()) == GONE
    deletions.delete(person)
    if not swept:
        mark = deleted_key(person)
        people.batch(mark.partition, [Replace(mark.id, {"swept": False})])
    erasing = DeletionReport(DeletionStatus.ERASING, (Owed(OwedKind.DOCUMENTS, None),))
    expected = GONE if swept else erasing
    assert found.of_directory(person, None) == expected
    assert found.of_directory(person, face.persisted_face_id) == expected


def test_a_time_that_has_come_is_not_named_any_more(group: TrainableGroup) -> None:
    person = group.add_person().person_id
    group.delete_person(person)
    group.clock.advance(MAINTENANCE - timedelta(microseconds=1))
    (documents,) = reports(group).of_person(group.key, person).owed
    assert documents.until == group.clock.now() + timedelta(microseconds=1)
    group.clock.advance(timedelta(microseconds=1))
    (documents,) = reports(group).of_person(group.key, person).owed
    assert documents.until is None


def test_the_results_that_are_owed_name_the_face_and_not_its_person(group: TrainableGroup) -> None:
    kept = group.add_person()
    face = group.add_face(kept.person_id)
    group.results.remember(group.collection, "a.json", [kept.person_id])
    group.delete_face(face)
    key, found = group.key, reports(group)
    assert kinds(found.of_face(key, face.person_id, face.persisted_face_id)) == {OwedKind.DOCUMENTS}
    group.results.remember(group.collection, "b.json", [face.persisted_face_id])
    assert kinds(found.of_face(key, face.person_id, face.persisted_face_id)) == {
        OwedKind.DOCUMENTS,
        OwedKind.RESULTS,
    }


def test_while_data_of_an_older_version_is_repaired_every_absent_person_is_owed(
    group: TrainableGroup,
) -> None:
    existing, absent = group.add_person().person_id, new_id()
    group.train()
    group.results.remember(group.collection, "a.json", [absent])
    task = PendingTask.about(TaskKind.DELETIONS, group.collection, group.clock.now())
    group.tasks.ensure(replace(task, repair=0))
    assert reports(group).of_person(group.key, existing) == EXISTING
    assert reports(group).of_person(group.key, absent) == DeletionReport(
        DeletionStatus.ERASING, (Owed(OwedKind.DOCUMENTS, None), Owed(OwedKind.SNAPSHOT, None))
    )


def test_a_training_record_of_an_earlier_collection_owes_nothing(group: TrainableGroup) -> None:
    person = group.add_person().person_id
    group.train()
    stored = group.trainings.find(group.key)
    assert stored is not None
    group.trainings.write(group.key, replace(stored.record, incarnation=new_id()), stored)
    group.delete_person(person)
    assert kinds(reports(group).of_person(group.key, person)) == {OwedKind.DOCUMENTS}


def test_each_earlier_collection_of_an_id_is_owed_and_no_other(group: TrainableGroup) -> None:
    now, current = group.clock.now(), group.collection
    own = [PendingTask(TaskKind.PURGE, group.key, new_id(), now) for _ in range(6)]
    others = [
        PendingTask(TaskKind.PURGE, CollectionKey(group.key.kind, f"other-{number}"), new_id(), now)
        for number in range(20)
    ]
    uncommitted = PendingTask.about(TaskKind.PURGE, current, now)
    training = PendingTask(TaskKind.TRAINING, group.key, new_id(), now)
    for task in (*own, *others, uncommitted, training):
        group.tasks.ensure(task)
    report = reports(group).of_collection(group.key)
    assert report.status is DeletionStatus.EXISTING
    assert [one.what for one in report.owed].count(OwedKind.DOCUMENTS) == len(own)
    group.collections.delete(group.key, current.incarnation)
    report = reports(group).of_collection(group.key)
    assert report.status is DeletionStatus.ERASING
    assert [one.what for one in report.owed].count(OwedKind.DOCUMENTS) == len(own) + 1


def test_a_face_of_a_collection_that_is_absent_is_gone_or_owed_with_it(
    group: TrainableGroup,
) -> None:
    face = group.add_person()
    delete(group)
    found = reports(group)
    report = found.of_face(group.key, face.person_id, face.persisted_face_id)
    assert kinds(report) == {OwedKind.DOCUMENTS, OwedKind.SNAPSHOT}
    group.purge()
    absent = CollectionKey(group.key.kind, "absent")
    assert found.of_face(absent, face.person_id, face.persisted_face_id) == GONE
    assert found.of_person(absent, face.person_id) == GONE
    assert found.of_collection(absent) == GONE


def test_a_deleted_face_list_has_no_snapshot_to_lose(tmp_path: Path) -> None:
    group = TrainableGroup(tmp_path, kind=FACE_LIST)
    delete(group)
    assert kinds(reports(group).of_collection(group.key)) == {OwedKind.DOCUMENTS}
    group.store.close()


def delete(group: TrainableGroup) -> Collection:
    """Delete the collection, without its purge."""
    collection = group.collection
    group.collections.delete(
        group.key, collection.incarnation, lambda: group.collection_purge.announce(collection)
    )
    group.collection_purge.request(collection)
    return collection
