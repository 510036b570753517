"""Identify in the directory: exact, without training, by the best face for the query's model."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from shared.domain.directory import DirectoryScope, MembershipChanges
from shared.domain.errors import (
    BadArgument,
    CollectionNotFound,
    FaceNotFound,
    PersistedFaceNotFound,
    PersonNotFound,
)
from shared.domain.identifiers import random_id
from shared.domain.requests import Changes
from tests.doubles.interruptions import InterruptedContainer, Interruptions
from tests.unit.services.directory.conftest import MakeDirectory
from tests.unit.services.directory.local_directory import (
    DIMENSION,
    MODEL,
    LocalDirectory,
    group_key,
    unit,
)

WHOLE_DIRECTORY = DirectoryScope()
PROBE = unit(1.0)
NEAR = unit(1.0, 0.1)
FARTHER = unit(1.0, 1.0)
FAR = unit(0.0, 1.0)

WAYS = {
    "read": {},
    "copied": {"few_persons": 0},
    "too large to be copied": {"few_persons": 0, "copies": 0},
}


@pytest.fixture(params=WAYS)
def searched(make_directory: MakeDirectory, request: pytest.FixtureRequest) -> LocalDirectory:
    """A directory for each of the three ways of searching groups."""
    return make_directory(**WAYS[request.param])


def persons(found: list[tuple[str, float]]) -> list[str]:
    return [person_id for person_id, _ in found]


def test_a_person_is_scored_by_its_best_face(searched: LocalDirectory) -> None:
    one = searched.enrol(FAR, NEAR)
    other = searched.enrol(FARTHER, FARTHER)
    scope = DirectoryScope(group=searched.group(one, other))
    for each in (scope, WHOLE_DIRECTORY, DirectoryScope(person_ids=(other, one))):
        found = searched.found(PROBE, each)
        assert persons(found) == [one, other]
        assert [score for _, score in found] == pytest.approx(
            [float(PROBE @ NEAR), float(PROBE @ FARTHER)], abs=1e-5
        )


def test_only_faces_of_the_query_s_model_count(searched: LocalDirectory) -> None:
    one = searched.enrol(NEAR, model="recognition_03")
    other = searched.enrol(FARTHER)
    scope = DirectoryScope(group=searched.group(one, other))
    assert persons(searched.found(PROBE, scope)) == [other]
    assert persons(searched.found(PROBE, WHOLE_DIRECTORY)) == [other]


def test_each_query_is_compared_under_its_custom_model(directory: LocalDirectory) -> None:
    one, other = directory.enrol(NEAR, model="recognition_03"), directory.enrol(FARTHER)
    queries = [directory.seen(PROBE), directory.seen(PROBE, "recognition_03")]
    found = directory.identification.identify(queries, WHOLE_DIRECTORY, count=1, threshold=None)
    assert [face.face_id for face in found] == queries
    assert [face.candidates[0].person_id for face in found] == [other, one]


def test_a_model_that_the_directory_does_not_keep_is_incompatible(
    directory: LocalDirectory,
) -> None:
    person = directory.enrol(NEAR)
    old = directory.seen(PROBE, "recognition_01")
    with pytest.raises(BadArgument, match="incompatible"):
        directory.identification.identify([old], WHOLE_DIRECTORY, count=1, threshold=None)
    with pytest.raises(BadArgument, match="incompatible"):
        directory.verification.person(old, DirectoryScope(), person)


def test_a_dissimilar_person_is_no_candidate_below_the_threshold(directory: LocalDirectory) -> None:
    directory.enrol(FAR)
    (face,) = directory.identification.identify(
        [directory.seen(PROBE)], WHOLE_DIRECTORY, count=10, threshold=None
    )
    assert face.candidates == ()


def test_a_new_face_is_found_at_once_and_a_deleted_one_never_again(
    searched: LocalDirectory,
) -> None:
    person = searched.enrol(FAR)
    scope = DirectoryScope(group=searched.group(person))
    for each in (scope, WHOLE_DIRECTORY):
        assert searched.found(PROBE, each)[0][1] == 0.0
        added = searched.add_face(person, NEAR)
        assert searched.found(PROBE, each)[0][1] > 0.9
        searched.persons.delete_face(person, MODEL, added)
        assert searched.found(PROBE, each)[0][1] == 0.0


def test_a_deleted_person_is_found_no_more(searched: LocalDirectory) -> None:
    one, other = searched.enrol(NEAR), searched.enrol(FARTHER)
    scope = DirectoryScope(group=searched.group(one, other))
    assert persons(searched.found(PROBE, scope, count=1)) == [one]
    assert persons(searched.found(PROBE, WHOLE_DIRECTORY, count=1)) == [one]
    searched.persons.delete_person(one)
    assert persons(searched.found(PROBE, scope, count=1)) == [other]
    assert persons(searched.found(PROBE, WHOLE_DIRECTORY, count=1)) == [other]
    with pytest.raises(PersonNotFound):
        searched.found(PROBE, DirectoryScope(person_ids=(one,)))


def test_who_joins_a_group_is_found_in_it_and_who_leaves_is_not(
    searched: LocalDirectory,
) -> None:
    one, other = searched.enrol(NEAR), searched.enrol(FARTHER)
    key = searched.group(other)
    scope = DirectoryScope(group=key)
    assert persons(searched.found(PROBE, scope)) == [other]
    for _ in range(2):
        searched.groups.update(key, Changes(), MembershipChanges(add=(one,)))
        assert persons(searched.found(PROBE, scope)) == [one, other]
        searched.groups.update(key, Changes(), MembershipChanges(remove=(one,)))
        assert persons(searched.found(PROBE, scope)) == [other]
    assert persons(searched.found(PROBE, WHOLE_DIRECTORY)) == [one, other]


def test_a_deleted_group_is_unknown_and_made_again_it_is_empty(
    searched: LocalDirectory,
) -> None:
    person = searched.enrol(NEAR)
    key = searched.group(person)
    searched.groups.delete(key)
    with pytest.raises(CollectionNotFound, match="Dynamic person group was not found"):
        searched.found(PROBE, DirectoryScope(group=key))
    searched.groups.create(key, name="again", user_data=None, person_ids=())
    assert searched.found(PROBE, DirectoryScope(group=key)) == []


def test_what_another_instance_writes_is_found_at_once(make_directory: MakeDirectory) -> None:
    here, there = make_directory(few_persons=0), make_directory()
    one = there.enrol(FARTHER)
    key = there.group(one)
    assert persons(here.found(PROBE, DirectoryScope(group=key))) == [one]
    other = there.enrol(NEAR)
    there.groups.update(key, Changes(), MembershipChanges(add=(other,), remove=(one,)))
    assert persons(here.found(PROBE, DirectoryScope(group=key))) == [other]
    there.persons.delete_person(other)
    assert persons(here.found(PROBE, WHOLE_DIRECTORY)) == [one]


def test_a_copy_unused_for_days_still_drops_deleted_persons(
    make_directory: MakeDirectory,
) -> None:
    here, there = make_directory(few_persons=0), make_directory()
    one, other = there.enrol(NEAR), there.enrol(FARTHER)
    key = there.group(one, other)
    assert persons(here.found(PROBE, WHOLE_DIRECTORY)) == [one, other]
    there.persons.delete_person(one)
    there.groups.update(key, Changes(), MembershipChanges(remove=(other,)))
    here.clock.advance(timedelta(days=3))
    assert persons(here.found(PROBE, WHOLE_DIRECTORY)) == [other]
    assert here.found(PROBE, DirectoryScope(group=key)) == []


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_copy_that_outgrows_its_allowance_gives_it_back_and_the_search_stays_exact(
    make_directory: MakeDirectory,
) -> None:
    directory = make_directory(few_persons=0, copies=100_000)
    expected = []
    for number in range(60):
        expected.append(directory.enrol(unit(1.0, number / 50)))
        if number % 10 == 0:
            assert persons(directory.found(PROBE, WHOLE_DIRECTORY)) == expected
    assert persons(directory.found(PROBE, WHOLE_DIRECTORY)) == expected


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
@pytest.mark.parametrize("count", [1, 7, 100])
def test_every_way_of_searching_finds_what_comparing_one_by_one_finds(
    make_directory: MakeDirectory, count: int
) -> None:
    here = make_directory()
    numbers = np.random.default_rng(20261122)
    faces: dict[str, np.ndarray[tuple[int, int], np.dtype[np.float32]]] = {}
    for _ in range(150):
        rows = numbers.standard_normal((int(numbers.integers(1, 4)), DIMENSION)).astype(np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        faces[here.enrol(*rows)] = rows
    members = sorted(faces)[::2]
    scopes = {
        DirectoryScope(group=here.group(*members)): members,
        DirectoryScope(person_ids=tuple(members[:30])): members[:30],
        WHOLE_DIRECTORY: sorted(faces),
    }
    probe = unit(*numbers.standard_normal(DIMENSION))
    for directory in (here, *(make_directory(**way) for way in WAYS.values())):
        for scope, among in scopes.items():
            best = {person: float((faces[person] @ probe).max()) for person in among}
            expected = sorted(among, key=lambda person: (-best[person], person))[:count]
            assert persons(directory.found(probe, scope, count=count)) == expected


def test_an_unknown_face_group_or_person_is_rejected(directory: LocalDirectory) -> None:
    with pytest.raises(FaceNotFound):
        directory.identification.identify([random_id()], WHOLE_DIRECTORY, count=1, threshold=None)
    with pytest.raises(CollectionNotFound):
        directory.found(PROBE, DirectoryScope(group=group_key("nowhere")))
    with pytest.raises(PersonNotFound):
        directory.found(PROBE, DirectoryScope(person_ids=(random_id(),)))


def test_a_face_verifies_against_the_person_s_faces_for_its_model(
    directory: LocalDirectory,
) -> None:
    person = directory.enrol(FAR, NEAR)
    everyone = DirectoryScope()
    same = directory.verification.person(directory.seen(PROBE), everyone, person)
    assert same.is_identical
    assert same.confidence == pytest.approx(float(PROBE @ NEAR), abs=1e-5)
    opposite = directory.verification.person(
        directory.seen(unit(0, 0, 1)), DirectoryScope(), person
    )
    assert not opposite.is_identical
    with pytest.raises(PersistedFaceNotFound):
        directory.verification.person(
            directory.seen(PROBE, "recognition_02"), DirectoryScope(), person
        )
    with pytest.raises(PersonNotFound):
        directory.verification.person(directory.seen(PROBE), everyone, random_id())


def test_the_members_of_a_large_group_are_read_once_to_learn_that_it_is_large(
    make_directory: MakeDirectory,
) -> None:
    interruptions = Interruptions()
    directory = make_directory(
        few_persons=0, wrap=lambda container: InterruptedContainer(container, interruptions)
    )
    scope = DirectoryScope(group=directory.group(directory.enrol(NEAR)))

    def calls() -> int:
        interruptions.plan(None)
        assert len(directory.found(PROBE, scope)) == 1
        return interruptions.calls

    first, second = calls(), calls()
    interruptions.plan(None)
    directory.found(PROBE, WHOLE_DIRECTORY)
    assert second == interruptions.calls < first
