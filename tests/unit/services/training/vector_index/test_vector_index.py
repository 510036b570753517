"""Collections that Cosmos DB searches: the rules of a snapshot hold there too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.domain.collections import LARGE_FACE_LIST
from shared.domain.errors import ConcurrentOperation, ConfigurationError
from shared.domain.values import Collection, TrainingStatus
from shared.domain.vectors import VectorVersion
from shared.gallery.search.person_rows import PersonParts, Subtraction
from shared.gallery.search.vector_index import PersonMatch
from shared.services.messages import PurgeMessage
from shared.services.training.heartbeat import LeaseLost
from shared.services.training.writer import MixedModels, NoFaces
from shared.storage.layout import PEOPLE
from shared.storage.records.collections.listed_faces import ListedFaces
from shared.storage.vectors import face_vectors
from shared.storage.vectors.face_vectors import buckets_for
from tests.cosmos_server.faults import Fault
from tests.cosmos_server.server import CosmosServer
from tests.unit.gallery.made_up_faces import unit
from tests.unit.services.groups.findable import DIMENSION
from tests.unit.services.groups.indexed_group import MODEL, IndexedGroup

FLOAT32 = 1e-6
"""The stand-in sums in double precision, a snapshot is searched in single."""


def same_answers(group: IndexedGroup, *, count: int) -> None:
    """Compare with a snapshot of the same faces, which is trained and then forgotten."""
    probes = unit(group.generator.standard_normal((3, DIMENSION), dtype=np.float32))
    faces = group.galleries.open(group.key).faces
    persons = faces.nearest_persons(probes, count=count)
    nearest = faces.nearest_faces(probes, count=count)
    group.choose(None)
    assert group.train().status is TrainingStatus.SUCCEEDED
    exact = group.galleries.open(group.key).faces
    for found, expected in zip(persons, exact.nearest_persons(probes, count=count), strict=True):
        assert [one.person_id for one in found] == [one.person_id for one in expected]
        assert [one.cosine for one in found] == pytest.approx(
            [one.cosine for one in expected], abs=FLOAT32
        )
    for some, wanted in zip(nearest, exact.nearest_faces(probes, count=count), strict=True):
        assert [(one.face_id, one.person_id) for one in some] == [
            (one.face_id, one.person_id) for one in wanted
        ]
        assert [one.cosine for one in some] == pytest.approx(
            [one.cosine for one in wanted], abs=FLOAT32
        )


LEAST = 0.1
"""Subtracted from each cosine at least."""


def normalised_answers(
    group: IndexedGroup, probes: NDArray[np.float32], floor: float = -2.0
) -> list[list[PersonMatch]]:
    faces = group.galleries.open(group.key).faces
    assert faces.size.normalised
    return faces.nearest_persons(probes, count=5, floor=floor, least=LEAST)


def of_enrolled_alone(
    _: PersonParts,
    probes: NDArray[np.float32],
    least: float | None,
    handicaps: Sequence[float] | None,
) -> list[Subtraction]:
    assert handicaps is None
    return [Subtraction(least, None)] * len(probes)


def assert_same_scores(found: list[list[PersonMatch]], expected: list[list[PersonMatch]]) -> None:
    for some, wanted in zip(found, expected, strict=True):
        assert [one.person_id for one in some] == [one.person_id for one in wanted]
        for ours, theirs in zip(some, wanted, strict=True):
            assert ours.score == pytest.approx(theirs.score, abs=1e-5)
            assert ours.cosine == pytest.approx(theirs.cosine, abs=1e-5)


@pytest.mark.parametrize("spread", [False, True])
def test_normalised_scores_are_those_of_a_snapshot_but_for_the_probe_s_cohort_mean(
    indexed: IndexedGroup, monkeypatch: pytest.MonkeyPatch, spread: bool
) -> None:
    if spread:
        monkeypatch.setattr(face_vectors, "SPREAD_FROM_BYTES", 10_000)
    indexed.normalise()
    indexed.choose(0)
    known = [indexed.add_person(1 + number % 4).embedding.vector for number in range(40)]
    indexed.train()
    assert indexed.version().normalised
    means = 30  # of persons with several faces
    assert len(indexed.indexed()) == 100 + means
    probes = unit(
        np.stack(known[:8]) + 0.1 * indexed.generator.standard_normal((8, DIMENSION), np.float32)
    )
    found = normalised_answers(indexed, probes)
    above = normalised_answers(indexed, probes, floor=0.3)
    faces = indexed.galleries.open(indexed.key).faces.nearest_faces(probes, count=200)
    assert {len(some) for some in faces} == {100}

    indexed.choose(None)
    indexed.train()

    monkeypatch.setattr(PersonParts, "subtraction", of_enrolled_alone)
    expected = normalised_answers(indexed, probes)
    assert_same_scores(found, expected)
    high = [[one for one in some if one.score >= 0.3] for some in expected]
    assert_same_scores([[one for one in some if one.score >= 0.3] for some in above], high)


def test_a_mean_goes_with_any_of_its_faces_at_once_and_for_good(indexed: IndexedGroup) -> None:
    indexed.normalise()
    indexed.choose(0)
    face = indexed.add_person()
    more = [indexed.add_face(face.person_id) for _ in range(2)]
    others = [indexed.add_person(2) for _ in range(5)]
    indexed.train()
    assert len(indexed.indexed()) == 3 + 10 + 6
    mean = unit(np.sum([one.embedding.vector for one in (face, *more)], axis=0))[None]
    ((before, *_),) = normalised_answers(indexed, mean)
    assert before.cosine == pytest.approx(1, abs=1e-5)

    indexed.delete_face(face)

    ((after, *_),) = normalised_answers(indexed, mean)
    assert after.person_id == face.person_id
    assert after.cosine < 0.99
    indexed.erase()
    assert len(indexed.indexed()) == 2 + 10 + 5
    indexed.delete_person(others[0].person_id)
    indexed.erase()
    assert len(indexed.indexed()) == 2 + 8 + 4


@pytest.mark.parametrize("count", [1, 7, 100])
def test_answers_are_those_of_the_exact_search(indexed: IndexedGroup, count: int) -> None:
    for faces in (1, 3, 70, 2, 1, 1, 5):
        indexed.add_person(faces)
    indexed.train()
    assert len(indexed.indexed()) == 83

    same_answers(indexed, count=count)


def test_answers_of_sixteen_partitions_are_merged(
    indexed: IndexedGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(face_vectors, "SPREAD_FROM_BYTES", 10_000)
    for _ in range(40):
        indexed.add_person(2)
    indexed.train()
    assert indexed.version().buckets == 16

    same_answers(indexed, count=30)


def test_a_large_face_list_is_searched_there_too(tmp_path: Path, server: CosmosServer) -> None:
    group = IndexedGroup(tmp_path, server, faces_from=0, kind=LARGE_FACE_LIST)
    listed = ListedFaces(group.store.container(PEOPLE))
    faces = [group.made_up_face("") for _ in range(60)]
    for face in faces:
        own = replace(face, person_id=face.persisted_face_id)
        listed.add(group.collection, own, maximum=100)
    group.train()
    assert len(group.indexed()) == 60

    same_answers(group, count=55)

    group.cosmos.close()
    group.store.close()


def test_what_was_added_after_the_training_is_not_found_until_the_next(
    indexed: IndexedGroup,
) -> None:
    first = indexed.add_person()
    indexed.train()
    before = indexed.version()
    second = indexed.add_person()
    assert indexed.found() == {first.persisted_face_id}

    indexed.train()

    assert indexed.found() == {first.persisted_face_id, second.persisted_face_id}
    assert set(indexed.indexed()) == {indexed.version().identifier} != {before.identifier}
    assert indexed.snapshots() == [indexed.version().name]


def test_deleted_persons_and_faces_are_gone_at_once_and_for_good(indexed: IndexedGroup) -> None:
    kept, gone = indexed.add_person(3), indexed.add_person(2)
    indexed.train()

    indexed.delete_face(kept)
    indexed.delete_person(gone.person_id)

    assert indexed.found() == indexed.stored()
    assert indexed.nearest(gone.embedding.vector) == kept.person_id
    indexed.train()
    assert indexed.found() == indexed.stored()
    assert len(indexed.indexed()) == 2


def test_a_collection_moves_into_the_index_when_it_has_grown_and_back(
    indexed: IndexedGroup,
) -> None:
    indexed.choose(3)
    indexed.add_person(2)
    indexed.train()
    assert indexed.indexed() == []
    indexed.add_person()
    indexed.train()
    assert len(indexed.indexed()) == len(indexed.found()) == 3
    assert indexed.snapshots() == [indexed.version().name]

    indexed.choose(None)
    indexed.train()

    assert indexed.indexed() == []
    assert len(indexed.found()) == 3


def test_a_group_without_faces_says_so(indexed: IndexedGroup) -> None:
    assert indexed.train().message == str(NoFaces())
    assert indexed.snapshots() == []


def test_faces_of_several_models_leave_nothing_in_the_index(indexed: IndexedGroup) -> None:
    person = indexed.add_person().person_id
    indexed.add_face(person, model="another")

    assert indexed.train().message == str(MixedModels())
    assert (indexed.indexed(), indexed.snapshots()) == ([], [])


def test_a_training_that_is_superseded_while_it_fills_leaves_nothing(
    indexed: IndexedGroup,
) -> None:
    indexed.add_person()

    def superseded(percent: int) -> None:
        raise LeaseLost

    with pytest.raises(LeaseLost):
        indexed.builder.build(indexed.collection, None, superseded, whole=False)

    assert (indexed.indexed(), indexed.snapshots()) == ([], [])


def test_what_a_dead_trainer_left_goes_with_the_next_training(indexed: IndexedGroup) -> None:
    indexed.add_person(2)
    dead = indexed.builder.build(indexed.collection, None, lambda _: None, whole=False)
    assert len(indexed.indexed()) == dead.faces == 2
    indexed.clock.advance(timedelta(minutes=1))

    indexed.train()

    assert set(indexed.indexed()) == {indexed.version().identifier}
    assert indexed.snapshots() == [indexed.version().name]


def test_a_search_whose_vectors_were_swept_meanwhile_is_refused(indexed: IndexedGroup) -> None:
    face = indexed.add_person()
    indexed.train()
    opened = indexed.galleries.open(indexed.key).faces
    indexed.train()

    with pytest.raises(ConcurrentOperation):
        opened.nearest_persons(face.embedding.vector[None], count=1)
    with pytest.raises(ConcurrentOperation):
        opened.nearest_faces(face.embedding.vector[None], count=1)


def test_filling_waits_as_long_as_retry_after_says(indexed: IndexedGroup) -> None:
    indexed.add_person()
    indexed.train()
    # The SDK tries ten times; the builder retries after that.
    indexed.server.faults.inject(Fault(429, {"x-ms-retry-after-ms": "1"}, times=10))

    assert indexed.train().status is TrainingStatus.SUCCEEDED
    assert indexed.waits == [1]


def test_a_training_that_fails_half_way_leaves_nothing(indexed: IndexedGroup) -> None:
    indexed.add_person(248)
    indexed.training.request(indexed.key)
    indexed.vectors.sweep("absent", VectorVersion("none", 1, MODEL, DIMENSION))
    indexed.server.faults.inject(Fault(403))

    with pytest.raises(ConfigurationError):
        indexed.training.run(indexed.message())

    assert (indexed.indexed(), indexed.snapshots()) == ([], [])
    indexed.training.run(indexed.message())
    assert len(indexed.found()) == 248


def test_a_purge_sweeps_the_index(indexed: IndexedGroup) -> None:
    indexed.add_person(3)
    indexed.train()
    indexed.builder.build(indexed.collection, None, lambda _: None, whole=False)
    collection: Collection = indexed.collection
    assert len(indexed.indexed()) == 6

    indexed.collections.delete(indexed.key, collection.incarnation)
    indexed.collection_purge.run(PurgeMessage.of(collection))

    assert (indexed.indexed(), indexed.snapshots()) == ([], [])


def test_a_collection_is_spread_when_it_outgrows_a_partition() -> None:
    assert [buckets_for(faces, 128) for faces in (3_000_000, 4_000_000)] == [1, 16]
    assert [buckets_for(faces, 512) for faces in (1_000_000, 2_000_000)] == [1, 16]


def test_deleted_faces_leave_the_index(indexed: IndexedGroup) -> None:
    faces = [indexed.add_person(faces=3) for _ in range(20)]
    indexed.train()
    late = indexed.add_person()
    indexed.delete_person(faces[0].person_id)
    indexed.delete_face(faces[1])
    assert len(indexed.indexed()) == 60
    left = indexed.found()

    indexed.erase()

    assert len(indexed.indexed()) == 56
    assert indexed.found() == left == indexed.stored() - {late.persisted_face_id}
    indexed.erase()
    assert len(indexed.indexed()) == 56
