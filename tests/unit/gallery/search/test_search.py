"""Search against the plainest computation of the same thing."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.gallery.search.trained_faces import TrainedFaces
from shared.gallery.snapshots.mapped import Snapshot
from shared.gallery.snapshots.writer import DeltaFields
from tests.unit.gallery.made_up_faces import (
    CREATED,
    MadeUpFaces,
    make_up,
    no_faces,
    snapshot_of,
    unit,
    write_snapshot,
)

CODED = [pytest.param(10**9, id="exact"), pytest.param(1, id="coded")]


def expected_persons(
    faces: MadeUpFaces, probe: NDArray[np.float32], count: int, deleted: frozenset[bytes]
) -> list[str]:
    """Persons by their best remaining face, in plain Python."""
    best: dict[bytes, float] = {}
    for person, face, vector in zip(faces.person_ids, faces.face_ids, faces.vectors, strict=True):
        if not {person, face} & deleted:
            best[person] = max(best.get(person, -2.0), float(vector @ probe))
    ranked = sorted(best, key=lambda person: (-best[person], person))
    return [str(uuid.UUID(bytes=person)) for person in ranked[:count]]


@pytest.mark.parametrize("seed", range(6))
def test_persons_are_ranked_by_their_best_face(tmp_path: Path, seed: int) -> None:
    generator = np.random.default_rng(seed)
    faces = make_up(generator, persons=900, most_faces=8)
    found = TrainedFaces(snapshot_of(tmp_path / "s", faces)).without([])
    rows = generator.integers(0, len(faces.vectors), 10)
    probes = np.stack([faces.probe(int(row), generator) for row in rows])
    for probe, matches in zip(probes, found.nearest_persons(probes, count=25), strict=True):
        wanted = expected_persons(faces, probe, 25, frozenset())
        assert [match.person_id for match in matches] == wanted


@pytest.mark.parametrize("dimension", [32, 128])
def test_codes_miss_hardly_any_person_and_never_the_best(tmp_path: Path, dimension: int) -> None:
    generator = np.random.default_rng(dimension)
    faces = make_up(generator, persons=1_500, most_faces=8, dimension=dimension)
    found = TrainedFaces(snapshot_of(tmp_path / "s", faces, coded_from=1)).without([])
    rows = generator.integers(0, len(faces.vectors), 40)
    probes = np.stack([faces.probe(int(row), generator) for row in rows])
    shares = []
    for probe, matches in zip(probes, found.nearest_persons(probes, count=25), strict=True):
        wanted = expected_persons(faces, probe, 25, frozenset())
        names = [match.person_id for match in matches]
        assert names[0] == wanted[0]
        shares.append(len(set(names) & set(wanted)) / 25)
    assert np.mean(shares) >= 0.995


@pytest.mark.parametrize("alike", [600, 1_500, 6_000])
@pytest.mark.parametrize("floor", [-1.0, 0.5])
def test_many_that_look_alike_are_searched_as_far_as_they_matter(
    tmp_path: Path, alike: int, floor: float
) -> None:
    generator = np.random.default_rng(alike)
    faces = make_up(generator, persons=8_000, most_faces=1)
    twins = unit(generator.standard_normal((alike, faces.vectors.shape[1]), dtype=np.float32))
    chosen = generator.choice(8_000, alike, replace=False)
    faces.vectors[chosen] = unit(faces.vectors[chosen[0]] + np.float32(0.6) * twins)
    found = TrainedFaces(snapshot_of(tmp_path / "s", faces, coded_from=1)).without([])
    probe = faces.probe(int(chosen[0]), generator)

    (matches,) = found.nearest_persons(probe[None], count=10, floor=floor)

    wanted = expected_persons(faces, probe, 10, frozenset())
    assert [match.person_id for match in matches] == wanted


@pytest.mark.parametrize("coded_from", CODED)
def test_deleted_persons_and_faces_are_not_found_and_their_places_are_filled(
    tmp_path: Path, coded_from: int
) -> None:
    generator = np.random.default_rng(20)
    faces = make_up(generator, persons=1_500, most_faces=8)
    trained = TrainedFaces(snapshot_of(tmp_path / "s", faces, coded_from=coded_from))
    probe = faces.probe(400, generator)
    everyone = trained.without([]).nearest_persons(probe[None], count=10)[0]
    best = uuid.UUID(everyone[0].person_id).bytes
    second = uuid.UUID(everyone[1].person_id).bytes
    own = [row for row, person in enumerate(faces.person_ids) if person == second]
    nearest = max(own, key=lambda row: float(faces.vectors[row] @ probe))
    deleted = frozenset({best, faces.face_ids[nearest], uuid.uuid4().bytes})
    matches = trained.without(deleted).nearest_persons(probe[None], count=10)[0]
    assert [match.person_id for match in matches] == expected_persons(faces, probe, 10, deleted)
    assert everyone[0].person_id not in {match.person_id for match in matches}
    assert len(matches) == 10


@pytest.mark.parametrize("coded_from", CODED)
def test_cosines_are_those_that_verify_computes(tmp_path: Path, coded_from: int) -> None:
    generator = np.random.default_rng(21)
    faces = make_up(generator, persons=300, most_faces=1, dimension=128)
    found = TrainedFaces(snapshot_of(tmp_path / "s", faces, coded_from=coded_from)).without([])
    probes = np.stack([faces.probe(row, generator) for row in range(7)])
    for probe, matches in zip(probes, found.nearest_persons(probes, count=3), strict=True):
        for match in matches:
            row = faces.person_ids.index(uuid.UUID(match.person_id).bytes)
            assert match.cosine == pytest.approx(float(faces.vectors[row] @ probe), abs=1e-6)
            assert match.score == match.cosine


@pytest.mark.parametrize("coded_from", CODED)
def test_equal_persons_come_in_order_of_id(tmp_path: Path, coded_from: int) -> None:
    generator = np.random.default_rng(22)
    faces = make_up(generator, persons=3_000, most_faces=1)
    same = MadeUpFaces(
        faces.person_ids, faces.face_ids, np.repeat(faces.vectors[:1], 3_000, axis=0)
    )
    found = TrainedFaces(snapshot_of(tmp_path / "s", same, coded_from=coded_from)).without([])
    matches = found.nearest_persons(same.vectors[:1], count=20)[0]
    wanted = [str(uuid.UUID(bytes=person)) for person in same.person_ids[:20]]
    assert [match.person_id for match in matches] == wanted


@pytest.mark.parametrize("coded_from", CODED)
def test_a_person_with_many_faces_does_not_crowd_others_out(
    tmp_path: Path, coded_from: int
) -> None:
    generator = np.random.default_rng(23)
    others = make_up(generator, persons=2_000, most_faces=1)
    centre = unit(generator.standard_normal(32, dtype=np.float32))
    noise = generator.standard_normal((3_000, 32), dtype=np.float32)
    crowd = unit(centre + 0.02 * noise)
    persons = sorted(others.person_ids)
    faces = MadeUpFaces(
        [persons[0]] * 3_000 + persons[1:],
        make_up(generator, persons=4_999, most_faces=1).face_ids,
        np.concatenate([crowd, others.vectors[1:]]),
    )
    found = TrainedFaces(snapshot_of(tmp_path / "s", faces, coded_from=coded_from)).without([])
    matches = found.nearest_persons(centre[None], count=5)[0]
    assert [one.person_id for one in matches] == expected_persons(faces, centre, 5, frozenset())


@pytest.mark.parametrize("coded_from", CODED)
def test_a_floor_leaves_out_only_what_lies_below_it(tmp_path: Path, coded_from: int) -> None:
    generator = np.random.default_rng(24)
    faces = make_up(generator, persons=2_500, most_faces=3)
    found = TrainedFaces(snapshot_of(tmp_path / "s", faces, coded_from=coded_from)).without([])
    probe = faces.probe(1_000, generator)
    everyone = found.nearest_persons(probe[None], count=100)[0]
    above = found.nearest_persons(probe[None], count=100, floor=0.4)[0]
    kept = [match for match in everyone if match.cosine >= 0.4]
    assert kept and [match for match in above if match.cosine >= 0.4] == kept


@pytest.mark.parametrize("coded_from", CODED)
def test_the_nearest_faces_are_exact(tmp_path: Path, coded_from: int) -> None:
    generator = np.random.default_rng(25)
    faces = make_up(generator, persons=9_000, most_faces=3)
    found = TrainedFaces(snapshot_of(tmp_path / "s", faces, coded_from=coded_from))
    probes = np.stack([faces.probe(row, generator) for row in (5, 9_000)])
    deleted = frozenset({faces.person_ids[5]})
    answers = found.without(deleted).nearest_faces(probes, count=1_000)
    for probe, matches in zip(probes, answers, strict=True):
        scores = faces.vectors.astype(np.float64) @ probe
        scores[[person in deleted for person in faces.person_ids]] = -2
        wanted = [str(uuid.UUID(bytes=faces.face_ids[row])) for row in np.argsort(-scores)[:1_000]]
        assert len(matches) == 1_000
        assert len(set(wanted) & {match.face_id for match in matches}) >= 999  # rounding at 1,000
        assert matches[0].face_id == wanted[0]
        assert [one.cosine for one in matches] == sorted(
            (one.cosine for one in matches), reverse=True
        )


@pytest.mark.parametrize("coded_from", CODED)
def test_many_threads_search_one_snapshot(tmp_path: Path, coded_from: int) -> None:
    generator = np.random.default_rng(29)
    faces = make_up(generator, persons=2_500, most_faces=3)
    found = TrainedFaces(snapshot_of(tmp_path / "s", faces, coded_from=coded_from)).without([])
    probes = [faces.probe(row, generator)[None] for row in range(0, 2_000, 50)]
    alone = [found.nearest_persons(probe, count=5) for probe in probes]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(3):
            together = list(pool.map(lambda probe: found.nearest_persons(probe, count=5), probes))
            assert together == alone


@pytest.mark.parametrize("coded_from", CODED)
def test_several_probes_are_answered_as_one_by_one(tmp_path: Path, coded_from: int) -> None:
    generator = np.random.default_rng(30)
    faces = make_up(generator, persons=2_500, most_faces=3)
    found = TrainedFaces(snapshot_of(tmp_path / "s", faces, coded_from=coded_from)).without([])
    probes = np.stack([faces.probe(row, generator) for row in range(0, 1_000, 100)])
    together = found.nearest_persons(probes, count=5)
    assert together == [found.nearest_persons(probe[None], count=5)[0] for probe in probes]


def test_an_empty_gallery_returns_no_person(tmp_path: Path) -> None:
    found = TrainedFaces(snapshot_of(tmp_path / "s", no_faces())).without([uuid.uuid4().bytes])
    probes = unit(np.ones((2, 32), np.float32))
    assert found.nearest_persons(probes, count=5) == [[], []]
    assert found.nearest_faces(probes, count=5) == [[], []]


def test_when_all_persons_are_deleted_none_is_found(tmp_path: Path) -> None:
    faces = make_up(np.random.default_rng(26), persons=40)
    found = TrainedFaces(snapshot_of(tmp_path / "s", faces)).without(set(faces.person_ids))
    assert found.nearest_persons(faces.vectors[:1], count=5) == [[]]


def with_delta(
    tmp_path: Path, base: MadeUpFaces, added: MadeUpFaces, dropped: tuple[bytes, ...]
) -> TrainedFaces:
    fields = DeltaFields("base", len(base.face_ids), CREATED, {}, dropped)
    write_snapshot(tmp_path / "delta", added, delta=fields)
    return TrainedFaces(
        snapshot_of(tmp_path / "base", base, coded_from=1),
        Snapshot.open(tmp_path / "delta", verify=True),
    )


def test_base_and_delta_are_searched_as_one(tmp_path: Path) -> None:
    generator = np.random.default_rng(27)
    everything = make_up(generator, persons=1_500, most_faces=6)
    in_delta = generator.random(len(everything.vectors)) < 0.2
    dropped = frozenset({everything.person_ids[0], everything.face_ids[77]})

    def part(chosen: NDArray[np.bool_]) -> MadeUpFaces:
        rows = np.flatnonzero(chosen)
        return MadeUpFaces(
            [everything.person_ids[row] for row in rows],
            [everything.face_ids[row] for row in rows],
            everything.vectors[rows],
        )

    in_delta[[0, 1, 77]] = False
    trained = with_delta(tmp_path, part(~in_delta), part(in_delta), tuple(dropped))
    deleted = frozenset({everything.person_ids[300], everything.face_ids[500]})
    gone = {row for row in range(len(in_delta)) if not in_delta[row]}
    probes = np.stack([everything.probe(row, generator) for row in range(0, 1_000, 100)])
    for probe, matches in zip(
        probes, trained.without(deleted).nearest_persons(probes, count=15), strict=True
    ):
        hidden = deleted | {
            everything.face_ids[row]
            for row in gone
            if {everything.person_ids[row], everything.face_ids[row]} & dropped
        }
        wanted = expected_persons(everything, probe, 15, hidden)
        assert [match.person_id for match in matches] == wanted


def test_a_face_of_the_delta_takes_the_place_of_the_same_face_of_the_base(tmp_path: Path) -> None:
    generator = np.random.default_rng(28)
    base = make_up(generator, persons=300, most_faces=1)
    moved = MadeUpFaces(base.person_ids[:1], base.face_ids[:1], -base.vectors[:1])
    trained = with_delta(tmp_path, base, moved, ())
    old, new = trained.without([]).nearest_faces(
        np.concatenate([base.vectors[:1], -base.vectors[:1]]), count=300
    )
    face = str(uuid.UUID(bytes=base.face_ids[0]))
    assert old[-1].face_id == face
    assert new[0].face_id == face
    assert len({one.face_id for one in old}) == 300
