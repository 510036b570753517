"""What a search for duplicates found goes with the persons that it names."""

from __future__ import annotations

from shared.domain.face.duplicates import AlikePersons, FaceOf, FoundDuplicates
from shared.domain.values import PersistedFace
from shared.storage.records.duplicates.searches import DuplicateSearch
from tests.unit.services.groups.trainable_group import TrainableGroup


def write_search(group: TrainableGroup, *faces: PersistedFace) -> str:
    """Store what a search of the snapshot in use found; returns its name."""
    named = [FaceOf(one.person_id, one.persisted_face_id) for one in faces]
    pair = AlikePersons((named[0], named[1]), 0.9, 0.9)
    now, name = group.clock.now(), group.collection.incarnation
    found = FoundDuplicates("made-up", now, [pair], [])
    version = group.training.version_in_use(group.collection) or ""
    search = DuplicateSearch(name, None, "recognition_04", version, now, found, done=True)
    assert group.duplicates.write(search) is not None
    return name


def test_what_was_found_goes_when_a_training_has_replaced_the_snapshot_first(
    group: TrainableGroup,
) -> None:
    faces = [group.add_person() for _ in range(8)]
    group.train()
    name = write_search(group, *faces[:2])
    group.delete_person(faces[0].person_id)
    group.train()

    group.erase()

    assert group.duplicates.find(name) is None


def test_what_was_found_stays_when_a_person_is_deleted_that_was_never_trained(
    group: TrainableGroup,
) -> None:
    faces = [group.add_person() for _ in range(8)]
    group.train()
    name = write_search(group, *faces[:2])
    group.delete_person(group.add_person().person_id)

    group.erase()

    assert group.duplicates.find(name) is not None


def test_what_was_found_goes_when_the_snapshot_is_cleared_of_a_deleted_person(
    group: TrainableGroup,
) -> None:
    faces = [group.add_person() for _ in range(8)]
    group.train()
    one, other = faces[:2]
    name = write_search(group, one, other)
    group.erase()
    assert group.duplicates.find(name) is not None
    group.delete_person(one.person_id)

    group.erase()

    assert group.duplicates.find(name) is None
