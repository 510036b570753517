"""Search by normalised scores, against the plainest computation of the same thing."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence, Set
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.gallery.normalisation import figures
from shared.gallery.normalisation.cohort import draw_persons, nearest
from shared.gallery.search.trained_faces import SearchableFaces, TrainedFaces
from shared.gallery.snapshots.mapped import Snapshot
from shared.gallery.snapshots.writer import DeltaFields
from tests.unit.gallery.made_up_faces import (
    CREATED,
    MadeUpFaces,
    make_up,
    no_faces,
    unit,
    write_snapshot,
)

SALT = b"salt of sixteen."
LEAST = 0.2
CODED = [pytest.param(10**9, id="exact"), pytest.param(1, id="coded")]

_Faces = list[tuple[NDArray[np.float32], float]]
"""Vectors and handicaps."""

_Persons = dict[bytes, _Faces]


def normalised(path: Path, faces: MadeUpFaces, *, coded_from: int = 10**9) -> Snapshot:
    write_snapshot(path, faces, coded_from=coded_from, salt=SALT)
    return Snapshot.open(path, verify=True)


def persons_of(faces: MadeUpFaces, deleted: Set[bytes] = frozenset()) -> _Persons:
    persons: _Persons = defaultdict(list)
    handicaps = faces.handicaps or [0.0] * len(faces.face_ids)
    for person, face, vector, handicap in zip(
        faces.person_ids, faces.face_ids, faces.vectors, handicaps, strict=True
    ):
        if not {person, face} & deleted:
            persons[person].append((vector, handicap))
    return persons


def vectors_of(faces: _Faces) -> list[NDArray[np.float32]]:
    return [vector for vector, _ in faces]


def expected(
    persons: _Persons, probe: NDArray[np.float32], handicap: float = 0.0
) -> dict[str, float]:
    """The score of each person, in plain Python."""
    ids = np.frombuffer(b"".join(sorted(persons)), np.uint8).reshape(-1, 16)
    members = [ids[one].tobytes() for one in draw_persons(ids, SALT)]
    cohort = np.stack([persons[one][0][0] for one in members])
    of_probe = np.mean(sorted(cohort @ probe)[-nearest(len(members)) - 1 : -1])
    of_probe = min(of_probe + 2 * handicap, 0.52)

    def subtracted(vector: NDArray[np.float32], own: float, person: bytes) -> float:
        cosines = [
            float(cosine)
            for one, cosine in zip(members, cohort @ vector, strict=True)
            if one != person
        ]
        of_face = min(np.mean(sorted(cosines)[-nearest(len(members)) :]) + 2 * own, 0.52)
        return max(LEAST, float(of_face + of_probe) / 2)

    scores = {}
    for person, faces in persons.items():
        several = 0.08 if len(faces) > 1 else 0.0
        best = max(
            float(vector @ probe) - subtracted(vector, own, person) - several
            for vector, own in faces
        )
        if len(faces) > 1:
            mean = unit(np.sum(vectors_of(faces), axis=0))
            own = float(np.mean([one for _, one in faces]))
            more = 0.02 if len(faces) == 2 else 0.05
            best = max(best, float(mean @ probe) - subtracted(mean, own, person) - more)
        scores[str(uuid.UUID(bytes=person))] = best
    return scores


def assert_ranked(
    found: SearchableFaces,
    persons: _Persons,
    probe: NDArray[np.float32],
    count: int,
    handicaps: Sequence[float] | None = None,
) -> None:
    scores = expected(persons, probe, *(handicaps or ()))
    (matches,) = found.nearest_persons(probe[None], count=count, least=LEAST, handicaps=handicaps)
    wanted = sorted(scores, key=lambda one: -scores[one])[:count]
    assert [one.person_id for one in matches] == wanted
    for match in matches:
        assert match.score == pytest.approx(scores[match.person_id], abs=2e-5)


@pytest.mark.parametrize("coded_from", CODED)
@pytest.mark.parametrize("most_faces", [1, 6])
def test_persons_are_ranked_by_their_normalised_scores(
    tmp_path: Path, coded_from: int, most_faces: int
) -> None:
    generator = np.random.default_rng(most_faces)
    faces = make_up(generator, persons=700, most_faces=most_faces)
    found = TrainedFaces(normalised(tmp_path / "s", faces, coded_from=coded_from)).without([])
    for row in generator.integers(0, len(faces.vectors), 8):
        assert_ranked(found, persons_of(faces), faces.probe(int(row), generator), 5)


@pytest.mark.parametrize("coded_from", CODED)
@pytest.mark.parametrize("handicap", [-0.4, 0.06, 0.4])
def test_a_probe_s_handicap_lessens_all_its_scores_within_the_bounds(
    tmp_path: Path, coded_from: int, handicap: float
) -> None:
    generator = np.random.default_rng(14)
    faces = make_up(generator, persons=300, most_faces=3)
    found = TrainedFaces(normalised(tmp_path / "s", faces, coded_from=coded_from)).without([])
    for row in generator.integers(0, len(faces.vectors), 2):
        probe = faces.probe(int(row), generator)
        assert_ranked(found, persons_of(faces), probe, 5, [handicap])


def test_each_probe_has_its_own_handicap(tmp_path: Path) -> None:
    generator = np.random.default_rng(15)
    faces = make_up(generator, persons=300, most_faces=1)
    found = TrainedFaces(normalised(tmp_path / "s", faces)).without([])
    probes = np.stack([faces.vectors[7], faces.vectors[7]])
    without, with_one = (
        found.nearest_persons(probes, count=1, least=0.0, handicaps=handicaps)
        for handicaps in (None, [0.0, 0.05])
    )
    assert with_one[0] == without[0]
    assert with_one[1][0].score == pytest.approx(without[1][0].score - 0.05, abs=1e-6)


def with_handicaps(faces: MadeUpFaces, generator: np.random.Generator) -> MadeUpFaces:
    return replace(faces, handicaps=generator.uniform(-0.1, 0.1, len(faces.face_ids)).tolist())


@pytest.mark.parametrize("coded_from", CODED)
def test_enrolled_faces_have_handicaps_of_their_own(tmp_path: Path, coded_from: int) -> None:
    generator = np.random.default_rng(16)
    faces = with_handicaps(make_up(generator, persons=300, most_faces=4), generator)
    found = TrainedFaces(normalised(tmp_path / "s", faces, coded_from=coded_from)).without([])
    for row in generator.integers(0, len(faces.vectors), 3):
        assert_ranked(found, persons_of(faces), faces.probe(int(row), generator), 5, [0.03])


def test_handicaps_stay_with_their_faces_after_deletions_and_in_deltas(tmp_path: Path) -> None:
    generator = np.random.default_rng(17)
    faces = with_handicaps(make_up(generator, persons=120, most_faces=3), generator)
    base = normalised(tmp_path / "base", faces)
    owner = faces.person_ids[50]
    added = MadeUpFaces(
        [owner], [b"f" * 16], unit(generator.standard_normal((1, 32), np.float32)), [0.07]
    )
    write_snapshot(
        tmp_path / "delta", added, delta=DeltaFields("base", len(faces.vectors), CREATED)
    )
    delta = Snapshot.open(tmp_path / "delta", verify=True)
    several = next(one for one, own in persons_of(faces).items() if len(own) == 3)
    deleted = frozenset({faces.face_ids[faces.person_ids.index(several)], faces.person_ids[-1]})
    found = TrainedFaces(base, delta).without(list(deleted))
    gallery = persons_of(faces, deleted)
    gallery[owner].append((added.vectors[0], 0.07))
    for probe in (added.vectors[0], faces.vectors[faces.person_ids.index(several) + 1]):
        assert_ranked(found, gallery, probe, 3)


@pytest.mark.parametrize("coded_from", CODED)
def test_crowded_faces_are_ranked_lower(tmp_path: Path, coded_from: int) -> None:
    generator = np.random.default_rng(5)
    faces = make_up(generator, persons=800, most_faces=1)
    crowd = unit(
        faces.vectors[0]
        + np.float32(0.5) * unit(generator.standard_normal((200, 32), dtype=np.float32))
    )
    faces.vectors[:200] = crowd
    found = TrainedFaces(normalised(tmp_path / "s", faces, coded_from=coded_from)).without([])
    probe = unit(faces.vectors[0] + faces.vectors[500])
    assert_ranked(found, persons_of(faces), probe, 5)
    (match, *_) = found.nearest_persons(probe[None], count=1, least=LEAST)[0]
    assert match.person_id == str(uuid.UUID(bytes=faces.person_ids[500]))


def test_codes_of_an_older_version_give_the_same_persons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = np.random.default_rng(13)
    faces = make_up(generator, persons=700, most_faces=6)
    with monkeypatch.context() as older:
        older.setattr(figures, "SEVERAL_FACES", figures.SEVERAL_FACES / 2)
        older.setattr(figures, "_OF_MEANS", figures._OF_MEANS / 2)
        snapshot = normalised(tmp_path / "s", faces, coded_from=1)
    found = TrainedFaces(snapshot).without([])
    for row in generator.integers(0, len(faces.vectors), 4):
        assert_ranked(found, persons_of(faces), faces.probe(int(row), generator), 5)


def test_a_crowded_probe_has_lower_scores(tmp_path: Path) -> None:
    generator = np.random.default_rng(12)
    faces = make_up(generator, persons=200, most_faces=1)
    noise = unit(generator.standard_normal((50, 32), dtype=np.float32))
    faces.vectors[:50] = unit(faces.vectors[0] + np.float32(0.8) * noise)
    found = TrainedFaces(normalised(tmp_path / "s", faces)).without([])
    alone = unit(faces.vectors[150] + np.float32(0.6) * noise[0])
    crowded = unit(faces.vectors[150] + np.float32(0.6) * faces.vectors[0])
    for probe in (alone, crowded):
        assert_ranked(found, persons_of(faces), probe, 3)
    scores = [
        found.nearest_persons(probe[None], count=1, least=LEAST)[0][0] for probe in (alone, crowded)
    ]
    (of_alone, of_crowded) = (one.cosine - one.score for one in scores)
    assert of_crowded > of_alone + 0.05


def test_what_was_deleted_is_in_no_score(tmp_path: Path) -> None:
    generator = np.random.default_rng(6)
    faces = make_up(generator, persons=300, most_faces=5)
    trained = TrainedFaces(normalised(tmp_path / "s", faces))
    several = next(one for one, own in persons_of(faces).items() if len(own) == 3)
    row = faces.person_ids.index(several)
    deleted = frozenset({faces.face_ids[row], faces.person_ids[-1]})
    found = trained.without(deleted)
    assert found.size.persons == 299
    assert_ranked(found, persons_of(faces, deleted), faces.vectors[row], 5)
    assert_ranked(found, persons_of(faces, deleted), faces.vectors[-1], 5)


def test_a_delta_scores_as_a_whole_training_does(tmp_path: Path) -> None:
    generator = np.random.default_rng(7)
    faces = make_up(generator, persons=300, most_faces=4)
    base = normalised(tmp_path / "base", faces)
    more = make_up(generator, persons=2, most_faces=1)
    owner = faces.person_ids[40]
    added = MadeUpFaces(
        sorted([owner, *more.person_ids]),
        [*more.face_ids, b"f" * 16],
        unit(generator.standard_normal((3, 32), dtype=np.float32)),
    )
    dropped = (faces.face_ids[faces.person_ids.index(faces.person_ids[90])],)
    fields = DeltaFields("base", len(faces.vectors), CREATED, dropped=dropped)
    write_snapshot(tmp_path / "delta", added, delta=fields)
    delta = Snapshot.open(tmp_path / "delta", verify=True)
    found = TrainedFaces(base, delta).without([])
    gallery = persons_of(faces, set(dropped))
    for person, vector in zip(added.person_ids, added.vectors, strict=True):
        gallery[person].append((vector, 0.0))
    for probe in (*added.vectors, faces.vectors[faces.person_ids.index(owner)]):
        scores = expected(gallery, probe)
        (match,) = found.nearest_persons(probe[None], count=1, least=LEAST)[0]
        assert match.person_id == max(scores, key=scores.__getitem__)
        # The cohort is that of the base, which lacks the two new persons.
        assert match.score == pytest.approx(scores[match.person_id], abs=0.02)


def test_an_image_that_is_enrolled_reaches_the_score_of_confidence_0_9(tmp_path: Path) -> None:
    generator = np.random.default_rng(8)
    faces = make_up(generator, persons=200, most_faces=3)
    faces.vectors[:] = unit(faces.vectors[0] + np.float32(0.2) * faces.vectors)
    found = TrainedFaces(normalised(tmp_path / "s", faces)).without([])
    for handicaps in (None, [1.0] * 20):
        for matches in found.nearest_persons(
            faces.vectors[:20], count=1, least=LEAST, handicaps=handicaps
        ):
            assert matches[0].score >= 0.4 - 1e-6


def test_without_a_cohort_raw_cosines_rank(tmp_path: Path) -> None:
    generator = np.random.default_rng(9)
    faces = make_up(generator, persons=200, most_faces=3)
    write_snapshot(tmp_path / "s", faces)
    found = TrainedFaces(Snapshot.open(tmp_path / "s", verify=True)).without([])
    assert not found.size.normalised
    (match,) = found.nearest_persons(faces.vectors[:1], count=1, least=LEAST)[0]
    assert match.score == match.cosine == pytest.approx(1.0)


@pytest.mark.parametrize("coded_from", CODED)
def test_nothing_is_subtracted_where_the_caller_asks_for_raw_scores(
    tmp_path: Path, coded_from: int
) -> None:
    generator = np.random.default_rng(10)
    faces = make_up(generator, persons=300, most_faces=3)
    found = TrainedFaces(normalised(tmp_path / "s", faces, coded_from=coded_from)).without([])
    assert found.size.normalised
    best = {
        person: max(float(one @ faces.vectors[5]) for one in vectors_of(own))
        for person, own in persons_of(faces).items()
    }
    matches = found.nearest_persons(faces.vectors[5:6], count=10)[0]
    wanted = sorted(best, key=lambda one: -best[one])[:10]
    assert [one.person_id for one in matches] == [str(uuid.UUID(bytes=one)) for one in wanted]


def test_a_gallery_whose_persons_are_all_deleted_finds_no_person(tmp_path: Path) -> None:
    faces = make_up(np.random.default_rng(11), persons=5, most_faces=2)
    base = normalised(tmp_path / "s", faces)
    write_snapshot(tmp_path / "d", no_faces(), delta=DeltaFields("s", len(faces.vectors), CREATED))
    delta = Snapshot.open(tmp_path / "d", verify=True)
    found = TrainedFaces(base, delta).without(list(faces.person_ids))
    assert found.size.persons == 0
    assert found.nearest_persons(faces.vectors[:1], count=3, least=LEAST) == [[]]


@pytest.mark.parametrize("persons", [50, 400])
def test_only_small_galleries_return_the_means_of_faces(tmp_path: Path, persons: int) -> None:
    faces = make_up(np.random.default_rng(persons), persons=persons, most_faces=4)
    found = TrainedFaces(normalised(tmp_path / "s", faces)).without([])
    of_persons = persons_of(faces)
    (matches,) = found.nearest_persons(faces.vectors[:1], count=20, least=LEAST)
    assert len(matches) == 20
    for match in matches:
        if persons == 400:
            assert match.vector is None
        else:
            mean = unit(np.sum(vectors_of(of_persons[uuid.UUID(match.person_id).bytes]), axis=0))
            assert match.vector == pytest.approx(mean, abs=1e-6)
