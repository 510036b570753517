"""What a training reads of a collection, and what it says about its progress."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.domain.collections import PERSON_GROUP
from shared.domain.values import Person
from shared.services.training import writer
from shared.services.training.source import CollectionSource, TrainingSource
from tests.unit.services.groups.trainable_group import TrainableGroup


@pytest.fixture
def group(tmp_path: Path) -> Iterator[TrainableGroup]:
    """A group of one partition, whose faces are one page."""
    group = TrainableGroup(tmp_path, kind=PERSON_GROUP)
    yield group
    group.store.close()


def source(group: TrainableGroup) -> CollectionSource:
    return TrainingSource(group.faces, group.marks).open(group.collection)


def add(group: TrainableGroup, *begins: str) -> None:
    """Add persons whose ids begin so, with a face each."""
    for begin in begins:
        person_id = f"{begin}00-0000-4000-8000-000000000000"
        group.people.create(group.collection, Person(person_id, "person"))
        group.add_face(person_id)


@pytest.mark.parametrize(
    ("begins", "percent", "of_the_whole"),
    [
        (["000000", "40ff00", "80ff00"], 50, [45, 90, 95]),
        (["000000", "400000", "ffffff"], 99, [89, 90, 95]),
        (["000000", "000100", "000200"], 0, [0, 90, 95]),
    ],
)
def test_progress_is_where_the_last_person_of_a_page_stands_among_all_ids(
    group: TrainableGroup, begins: list[str], percent: int, of_the_whole: list[int]
) -> None:
    add(group, *begins)
    seen: list[int] = []
    (page,) = source(group).pages(seen.append)
    assert len(page) == len(begins)
    assert seen == [percent]
    seen.clear()
    group.builder.build(group.collection, None, seen.append, whole=False)
    assert seen == of_the_whole


def test_changes_are_read_as_long_as_they_are_not_too_many(group: TrainableGroup) -> None:
    positions = source(group).positions()
    person_id = group.add_person(faces=3).person_id
    found = source(group).changes(positions, 3)
    assert found is not None
    assert len(found.faces) == 3
    assert source(group).changes(positions, 2) is None
    late = group.add_face(person_id)
    further = source(group).changes(found.positions, 3)
    assert further is not None
    assert [str(face.face_id.hex()) for face in further.faces] == [
        late.persisted_face_id.replace("-", "")
    ]


def test_only_deleted_faces_are_left_out(group: TrainableGroup) -> None:
    positions = source(group).positions()
    kept = group.add_person(faces=2).person_id
    gone = group.add_face(kept)
    person = group.add_person()
    before = source(group)
    assert before.count() == 4
    assert not before.is_empty()
    deleted = CollectionSource(
        group.faces, group.collection, {gone.persisted_face_id, person.person_id}
    )
    assert [len(page) for page in deleted.pages(lambda _: None)] == [2]
    changes = deleted.changes(positions, 10)
    assert changes is not None
    assert len(changes.faces) == 2
    assert CollectionSource(group.faces, group.collection, {kept, person.person_id}).is_empty()


@pytest.mark.parametrize(
    ("faces", "added", "delta"),
    [
        *((200, 5, True), (200, 6, False), (60, 3, True), (60, 4, False)),
        *((59, 2, True), (59, 3, False), (20, 2, True), (20, 3, False)),
    ],
)
def test_a_delta_has_at_most_a_twentieth_of_its_base_within_bounds(
    group: TrainableGroup, monkeypatch: pytest.MonkeyPatch, faces: int, added: int, delta: bool
) -> None:
    monkeypatch.setattr(writer, "_DELTA_FACES", (2, 5))
    person_id = group.add_person(faces=faces).person_id
    group.train()
    bases = {name for name in group.snapshots() if not name.endswith(".delta")}
    for _ in range(added):
        group.add_face(person_id)
    group.train()
    assert group.found() == group.stored()
    assert (bases <= set(group.snapshots())) == delta
