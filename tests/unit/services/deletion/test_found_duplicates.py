"""What a search for duplicates found goes with the persons that it names."""

from __future__ import annotations

from shared.domain.face.duplicates import AlikePersons, FaceOf, FoundDuplicates
from shared.storage.records.duplicates.searches import DuplicateSearch
from tests.unit.services.groups.trainable_group import TrainableGroup


def test_what_was_found_goes_when_the_snapshot_is_cleared_of_a_deleted_person(
    group: TrainableGroup,
) -> None:
    faces = [group.add_person() for _ in range(30)]
    group.train()
    one, other = faces[:2]
    pair = AlikePersons(
        (FaceOf(one.person_id, one.persisted_face_id), FaceOf(other.person_id, "")), 0.9, 0.9
    )
    now, name = group.clock.now(), group.collection.incarnation
    found = FoundDuplicates("made-up", now, [pair], [])
    search = DuplicateSearch(name, None, "recognition_04", "1", now, found, done=True)
    assert group.duplicates.write(search) is not None
    group.erase()
    assert group.duplicates.find(name) is not None
    group.delete_person(one.person_id)

    group.erase()

    assert group.duplicates.find(name) is None
