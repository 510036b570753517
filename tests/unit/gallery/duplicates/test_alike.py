"""The most similar pairs of persons are exactly those that comparing every face finds."""

from __future__ import annotations

import uuid
from pathlib import Path

import numpy as np
import pytest

from shared.domain.face.duplicates import AlikePersons
from shared.gallery.duplicates import alike
from shared.gallery.duplicates.alike import AlikeSearch
from shared.gallery.duplicates.person_faces import PersonFaces, faces_of_segments
from shared.gallery.normalisation.crowding import FaceCrowding
from shared.gallery.search.rows import rows_of
from shared.gallery.search.search import Segment
from tests.unit.gallery.made_up_faces import MadeUpFaces, make_up, snapshot_of


def brute_force(made: MadeUpFaces, gone: set[bytes], most: int) -> list[tuple[str, str, float]]:
    """Pairs of persons with the cosine of their best faces, by comparing every pair of faces."""
    best: dict[tuple[bytes, bytes], float] = {}
    living = [row for row, face in enumerate(made.face_ids) if face not in gone]
    living = [row for row in living if made.person_ids[row] not in gone]
    cosines = made.vectors @ made.vectors.T
    for one in living:
        for other in living:
            pair = made.person_ids[one], made.person_ids[other]
            if pair[0] < pair[1]:
                best[pair] = max(best.get(pair, -2.0), float(cosines[one, other]))
    ranked = sorted(best.items(), key=lambda item: -item[1])[:most]
    return [
        (str(uuid.UUID(bytes=one)), str(uuid.UUID(bytes=other)), cosine)
        for (one, other), cosine in ranked
    ]


def searched(faces: PersonFaces, most: int) -> list[AlikePersons]:
    """The pairs of a whole search."""
    search = AlikeSearch(faces, most=most)
    assert list(search.steps())[-1] == faces.persons
    return search.pairs()


@pytest.mark.parametrize(("tall", "wide"), [(512, 8_192), (7, 16), (1, 1)])
@pytest.mark.parametrize("most", [1, 40, 10_000])
def test_the_best_pairs_are_those_of_comparing_every_face(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tall: int, wide: int, most: int
) -> None:
    monkeypatch.setattr(alike, "_TALL", tall)
    monkeypatch.setattr(alike, "_WIDE", wide)
    made = make_up(np.random.default_rng(3), persons=40)
    snapshot = snapshot_of(tmp_path / "faces", made)
    found = searched(faces_of_segments([Segment(snapshot, np.empty(0, np.int64))]), most)
    wanted = brute_force(made, set(), most)
    assert [(one.faces[0].person_id, one.faces[1].person_id) for one in found] == [
        (one, other) for one, other, _ in wanted
    ]
    assert [one.cosine for one in found] == pytest.approx([one[2] for one in wanted], abs=1e-5)


@pytest.mark.parametrize(("tall", "wide"), [(512, 8_192), (7, 16)])
def test_pairs_of_crowded_faces_rank_lower(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tall: int, wide: int
) -> None:
    monkeypatch.setattr(alike, "_TALL", tall)
    monkeypatch.setattr(alike, "_WIDE", wide)
    made = make_up(np.random.default_rng(3), persons=20)
    faces = faces_of_segments(
        [Segment(snapshot_of(tmp_path / "faces", made), np.empty(0, np.int64))]
    )
    values = np.random.default_rng(4).uniform(0, 0.6, faces.faces).astype(np.float32)
    crowding = FaceCrowding(values, allowance=0.3)
    scores = faces.vectors @ faces.vectors.T - np.clip(
        (values[:, None] + values[None]) / 2 - 0.3, 0, 0.25
    )
    owners = np.repeat(np.arange(faces.persons), np.diff(faces.offsets))
    best = {
        (one, other): scores[np.ix_(owners == one, owners == other)].max()
        for one in range(faces.persons)
        for other in range(one + 1, faces.persons)
    }
    search = AlikeSearch(faces, most=30, crowding=crowding)
    assert list(search.steps())[-1] == faces.persons
    found = search.pairs()
    assert [one.score for one in found] == pytest.approx(
        sorted(best.values(), reverse=True)[:30], abs=1e-5
    )
    rows = {faces.face_id(row): row for row in range(faces.faces)}
    for pair in found:
        first, second = (rows[face.face_id] for face in pair.faces)
        assert pair.score == pytest.approx(scores[first, second], abs=1e-5)
        assert pair.cosine == pytest.approx(faces.vectors[first] @ faces.vectors[second], abs=1e-5)


def test_a_pair_names_the_two_faces_that_are_most_similar(tmp_path: Path) -> None:
    made = make_up(np.random.default_rng(4), persons=10)
    snapshot = snapshot_of(tmp_path / "faces", made)
    found = searched(faces_of_segments([Segment(snapshot, np.empty(0, np.int64))]), 100)
    rows = {str(uuid.UUID(bytes=face)): row for row, face in enumerate(made.face_ids)}
    for one in found:
        first, second = (rows[face.face_id] for face in one.faces)
        assert one.cosine == pytest.approx(made.vectors[first] @ made.vectors[second], abs=1e-5)


def test_what_is_left_out_and_what_a_delta_adds_count(tmp_path: Path) -> None:
    generator = np.random.default_rng(5)
    made = make_up(generator, persons=12)
    base, rest = (
        MadeUpFaces(made.person_ids[part], made.face_ids[part], made.vectors[part])
        for part in (slice(0, None, 2), slice(1, None, 2))
    )
    gone = {made.person_ids[0], made.face_ids[-1], made.face_ids[-2]}
    segments = [
        Segment(snapshot, rows_of(snapshot, gone))
        for snapshot in (snapshot_of(tmp_path / "base", base), snapshot_of(tmp_path / "r", rest))
    ]
    found = searched(faces_of_segments(segments), 1_000)
    wanted = brute_force(made, gone, 1_000)
    assert [(one.faces[0].person_id, one.faces[1].person_id) for one in found] == [
        (one, other) for one, other, _ in wanted
    ]


def test_persons_after_an_id_are_found_by_their_order(tmp_path: Path) -> None:
    made = make_up(np.random.default_rng(6), persons=9)
    snapshot = snapshot_of(tmp_path / "faces", made)
    faces = faces_of_segments([Segment(snapshot, np.empty(0, np.int64))])
    for number in range(9):
        assert faces.after(faces.person_id(number)) == number + 1
    assert faces.after(str(uuid.UUID(int=0))) == 0
