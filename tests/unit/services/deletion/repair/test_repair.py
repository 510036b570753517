"""A store that schema 1 wrote, with the damage of its deletions, becomes whole after the upgrade.

`schema_1.zip` was written by the service at 9dd5331: a large person group with twelve persons; a
person of 102 faces whose deletion failed after its first batch; a person whose deletion failed
after its tombstone, and whom a delta has dropped since; another person whom a tombstone hides; a
deleted person whose tombstone no training has applied yet; the messages of these deletions; and
snapshots.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shared.domain.collections import KINDS, TRAINED_COLLECTIONS, CollectionKey
from shared.domain.errors import PersistedFaceNotFound, PersonNotFound
from shared.domain.values import Collection, TrainingStatus
from shared.services.deletion import repair
from shared.services.messages import ErasureMessage
from shared.storage.documents.store import Create
from shared.storage.layout import PEOPLE, SNAPSHOTS
from shared.storage.records.collections.people import person_key
from shared.storage.records.collections.tombstones import tombstone_partition
from shared.storage.records.pending_tasks import PendingTask, TaskKind
from tests.doubles.clocks import ManualClock
from tests.doubles.identifiers import new_id
from tests.unit.services.groups.trainable_group import TrainableGroup

ARCHIVE = Path(__file__).with_name("schema_1.zip")


@dataclass
class Upgraded:
    """The group of the archive, as the present version of the service opens it.

    Attributes:
        ledger: what its last service knew.
    """

    group: TrainableGroup
    ledger: dict[str, Any]

    def rounds(self, number: int = 4) -> None:
        """Rounds of the timer, and the messages that it sends."""
        for _ in range(number):
            self.group.clock.advance(timedelta(minutes=5))
            self.group.send_pending()
            self.group.deliver_erasures()
            self.group.deliver_training()

    def faces_of(self, person_ids: list[str]) -> set[str]:
        people, collection = self.group.people, self.group.collection
        persons = [people.get(collection, one) for one in person_ids]
        return {face for person in persons for face in person.persisted_face_ids}


@pytest.fixture
def upgraded(tmp_path: Path) -> Iterator[Upgraded]:
    with zipfile.ZipFile(ARCHIVE) as archive:
        archive.extractall(tmp_path)
    ledger = json.loads((tmp_path / "ledger.json").read_text())
    modified = {name: datetime.fromisoformat(time) for name, time in ledger["modified"].items()}
    key = CollectionKey(KINDS[ledger["kind"]], ledger["id"])
    clock = ManualClock(datetime.fromisoformat(ledger["now"]))
    group = TrainableGroup(tmp_path, kind=key.kind, clock=clock, create=False)
    group.key = key
    group.files.modified.update(modified)

    yield Upgraded(group, ledger)
    group.store.close()


def test_the_deleted_are_in_no_answer_before_the_first_timer(upgraded: Upgraded) -> None:
    found = upgraded.group.found()
    assert not found & {*upgraded.ledger["deletedFaces"], *upgraded.ledger["orphans"]}
    assert found >= upgraded.faces_of(upgraded.ledger["kept"])


def test_an_orphaned_face_cannot_be_read(upgraded: Upgraded) -> None:
    group, person = upgraded.group, upgraded.ledger["deleted"][1]
    for face in upgraded.ledger["orphans"]:
        with pytest.raises(PersonNotFound):
            group.people.get_face(group.collection, person, face)
        with pytest.raises((PersonNotFound, PersistedFaceNotFound)):
            group.people.update_face(group.collection, person, face, "data")


def test_orphans_go_and_persons_that_a_tombstone_or_a_delta_hid_are_found(
    upgraded: Upgraded,
) -> None:
    group, ledger = upgraded.group, upgraded.ledger
    hidden = upgraded.faces_of(ledger["hidden"])
    assert not group.found() & hidden

    upgraded.rounds()

    assert not group.stored() & set(ledger["orphans"])
    assert group.found() == group.stored() >= hidden
    assert group.training.status(group.key).status is TrainingStatus.SUCCEEDED


def test_nothing_of_the_upgrade_is_left(upgraded: Upgraded) -> None:
    group = upgraded.group

    upgraded.rounds(8)

    assert list(group.tasks.all()) == []
    partition = tombstone_partition(group.collection.incarnation)
    assert group.store.container(PEOPLE).page(partition) == []
    content = b"".join(
        group.blobs.read(SNAPSHOTS, blob.name) or b"" for blob in group.blobs.listing(SNAPSHOTS)
    )
    for face in (*upgraded.ledger["deletedFaces"], *upgraded.ledger["orphans"]):
        assert bytes.fromhex(face.replace("-", "")) not in content


def test_messages_of_the_former_version_are_carried_out(upgraded: Upgraded) -> None:
    group = upgraded.group
    for text in upgraded.ledger["erasures"]:
        group.erasure.run(msgspec.json.decode(text, type=ErasureMessage))

    upgraded.rounds(8)

    assert group.found() == group.stored() >= upgraded.faces_of(upgraded.ledger["hidden"])
    assert list(group.tasks.all()) == []


def test_a_training_that_is_under_way_delays_the_repair_and_loses_nothing(
    upgraded: Upgraded,
) -> None:
    group = upgraded.group
    group.training.request(group.key)
    for _ in range(2):
        group.clock.advance(timedelta(minutes=5))
        group.send_pending()
        group.deliver_erasures()
    assert group.training.status(group.key).status is TrainingStatus.RUNNING

    upgraded.rounds(8)

    assert group.found() == group.stored() >= upgraded.faces_of(upgraded.ledger["hidden"])


def test_the_upgrade_happens_once(upgraded: Upgraded) -> None:
    group = upgraded.group
    upgraded.rounds(8)
    version = group.training.status(group.key).snapshot
    person = new_id()
    stray = f"f.{person}.{new_id()}"
    partition = group.faces.partitions(group.collection)[int(person[0], 16)]
    group.store.container(PEOPLE).batch(partition, [Create(stray, {})])

    upgraded.rounds(3)

    assert group.training.status(group.key).snapshot == version
    assert len(group.store.container(PEOPLE).page(partition, prefix=stray)) == 1


def test_orphans_of_every_partition_go_where_no_mark_keeps_the_task(group: TrainableGroup) -> None:
    collection = group.collection
    faces = [group.add_person() for _ in range(48)]
    group.train()
    kept = faces[:8]
    people = group.store.container(PEOPLE)
    for face in faces[8:]:
        people.delete(person_key(collection, face.person_id))
    task = PendingTask.about(TaskKind.DELETIONS, collection, group.clock.now())
    group.tasks.renew(replace(task, repair=0))

    for _ in range(8):
        group.send_pending()
        group.deliver_training()
        group.erase()

    assert group.stored() == {face.persisted_face_id for face in kept}
    assert list(group.tasks.all()) == []


def test_collections_of_every_kind_are_enlisted_once_page_by_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repair, "MAXIMUM_KEYS", 3)
    group = TrainableGroup(tmp_path, create=False)
    made = set()
    for kind in TRAINED_COLLECTIONS:
        for number in range(7):
            collection = Collection(kind, f"c{number}", "name", "recognition_04", new_id())
            group.collections.create(collection)
            made.add(collection.incarnation)
    listed: list[str] = []

    for _ in range(3 * len(TRAINED_COLLECTIONS) + 2):
        group.repair.enlist()
        tasks = list(group.tasks.all())
        listed += [stored.task.incarnation for stored in tasks]
        for stored in tasks:
            assert (stored.task.kind, stored.task.repair) == (TaskKind.DELETIONS, 0)
            group.tasks.discard(stored.task)

    assert sorted(listed) == sorted(made)
    group.store.close()
