"""Faces of a vector index are searched with the answers of an exact search of all of them."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.domain.vectors import ScoredRow, VectorVersion
from shared.gallery.search.indexed_faces import IndexedCollection
from shared.gallery.search.trained_faces import TrainedFaces
from shared.gallery.search.vector_index import (
    Deleted,
    GallerySize,
    TrainedCollection,
    VectorIndex,
)
from tests.unit.gallery.made_up_faces import MadeUpFaces, make_up, snapshot_of, unit

SIZE = GallerySize(1_000, normalised=False)


class ExactIndex:
    """A vector index that scores every face; it takes note of how many it was asked for."""

    def __init__(self, faces: MadeUpFaces) -> None:
        self._faces = faces
        self.asked: list[int] = []

    def nearest(self, probe: NDArray[np.float32], count: int) -> Sequence[ScoredRow]:
        self.asked.append(count)
        cosines = self._faces.vectors @ probe
        return [
            ScoredRow(
                str(uuid.UUID(bytes=self._faces.person_ids[row])),
                str(uuid.UUID(bytes=self._faces.face_ids[row])),
                float(cosines[row]),
            )
            for row in np.argsort(-cosines, kind="stable")[:count]
        ]


@pytest.fixture
def generator() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.fixture
def faces(generator: np.random.Generator) -> MadeUpFaces:
    return make_up(generator, persons=300)


def persons_of(index: VectorIndex, probes: NDArray[np.float32], count: int) -> list[list[str]]:
    found = index.nearest_persons(probes, count=count)
    return [[match.person_id for match in matches] for matches in found]


def faces_of(index: VectorIndex, probes: NDArray[np.float32], count: int) -> list[list[str]]:
    found = index.nearest_faces(probes, count=count)
    return [[match.face_id for match in matches] for matches in found]


@pytest.mark.parametrize("count", [1, 5, 100, 299, 1_000])
@pytest.mark.parametrize("deletions", [0, 40])
def test_persons_and_faces_are_those_of_the_snapshot(
    tmp_path: Path,
    generator: np.random.Generator,
    faces: MadeUpFaces,
    count: int,
    deletions: int,
) -> None:
    rows = generator.choice(len(faces.vectors), 4, replace=False)
    probes = np.stack([faces.probe(int(row), generator) for row in rows])
    deleted = [faces.person_ids[row] for row in rows[:2]][:deletions]
    deleted += [faces.face_ids[row] for row in range(deletions)]
    exact = TrainedFaces(snapshot_of(tmp_path / "snapshot", faces)).without(deleted)
    indexed = IndexedCollection("made-up", ExactIndex(faces).nearest, SIZE).without(deleted)

    assert indexed.model == exact.model
    assert persons_of(indexed, probes, count) == persons_of(exact, probes, count)
    assert faces_of(indexed, probes, count) == faces_of(exact, probes, count)


def test_a_person_of_very_many_faces_does_not_hide_the_next_one(
    generator: np.random.Generator,
) -> None:
    crowd = make_up(generator, persons=1, most_faces=1)
    vectors = unit(crowd.vectors[0] + 0.01 * generator.standard_normal((248, 32), np.float32))
    second = unit(generator.standard_normal((1, 32), dtype=np.float32))
    ids = [uuid.UUID(int=number).bytes for number in range(249)]
    faces = MadeUpFaces(
        [crowd.person_ids[0]] * 248 + [ids[248]], ids, np.concatenate([vectors, second])
    )
    index = ExactIndex(faces)

    found = persons_of(IndexedCollection("m", index.nearest, SIZE).without([]), crowd.vectors, 2)

    assert found == [[str(uuid.UUID(bytes=crowd.person_ids[0])), str(uuid.UUID(int=248))]]
    assert index.asked == [50, 200, 800]


@pytest.mark.parametrize(("count", "asked"), [(1, 50), (5, 50), (20, 200), (100, 1_000)])
def test_ten_faces_a_candidate_are_requested_at_first(
    faces: MadeUpFaces, count: int, asked: int
) -> None:
    index = ExactIndex(faces)

    IndexedCollection("m", index.nearest, SIZE).without([]).nearest_persons(
        faces.vectors[:1], count=count
    )

    assert index.asked[0] == asked


def test_no_person_below_the_floor_is_searched_for(faces: MadeUpFaces) -> None:
    index = ExactIndex(faces)
    indexed = IndexedCollection("m", index.nearest, SIZE).without([])

    found = indexed.nearest_persons(faces.vectors[:1], count=50, floor=0.9)

    assert index.asked == [500]
    assert Counter(match.person_id for match in found[0]).most_common(1)[0][1] == 1


@pytest.mark.parametrize("indexed", [True, False])
def test_what_is_deleted_step_by_step_is_excluded_as_if_at_once(
    faces: MadeUpFaces, tmp_path: Path, indexed: bool
) -> None:
    trained = TrainedFaces(snapshot_of(tmp_path / "faces", faces))
    collection: TrainedCollection = (
        IndexedCollection("made-up", ExactIndex(faces).nearest, SIZE) if indexed else trained
    )
    people = list(dict.fromkeys(faces.person_ids))
    probe = faces.vectors[:1]
    ids: list[bytes] = []
    for person in people[:5]:
        found = collection.excluding(Deleted(ids, len(ids)))
        alone = trained.without(ids)
        assert faces_of(found, probe, 50) == faces_of(alone, probe, 50)
        ids.append(person)
    others = [people[7]]
    found = collection.excluding(Deleted(others, 1))
    alone = trained.without(others)
    assert faces_of(found, probe, 50) == faces_of(alone, probe, 50)
    longer, shorter = Deleted(ids, 5), Deleted(ids, 3)
    at_least = collection.excluding(longer), collection.excluding(shorter)
    removed = {str(uuid.UUID(bytes=one)) for one in people[:3]}
    for one in at_least:
        matches = one.nearest_faces(probe, count=len(faces.vectors))[0]
        assert not removed & {match.person_id for match in matches}


def test_a_version_is_read_from_its_name_and_a_snapshots_is_none() -> None:
    version = VectorVersion(str(uuid.uuid4()), 16, "a.model_2021", 128)

    assert VectorVersion.parse(version.name) == version
    assert VectorVersion.parse(str(uuid.uuid4())) is None
    assert VectorVersion.parse(f"{uuid.uuid4()}.delta") is None


@pytest.mark.parametrize(
    ("handicap", "subtracted"), [(0.0, 0.3), (0.05, 0.35), (-0.05, 0.25), (-0.5, 0.2), (0.5, 0.52)]
)
def test_a_probe_s_handicap_lessens_its_scores_within_the_bounds(
    handicap: float, subtracted: float
) -> None:
    person = str(uuid.UUID(int=1))
    row = ScoredRow(person, str(uuid.UUID(int=2)), 0.9, cohort_mean=0.3)
    size = GallerySize(1, normalised=True, of_probes=False)
    indexed = IndexedCollection("m", lambda _, __: [row], size).without([])

    ((found,),) = indexed.nearest_persons(
        np.ones((1, 1), np.float32), count=1, least=0.2, handicaps=[handicap]
    )

    assert found.score == pytest.approx(0.9 - subtracted, abs=1e-6)
