"""Handicaps of enrolled faces, by the lengths of their embeddings, through all trainings."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from shared.domain.collections import LARGE_FACE_LIST
from shared.domain.models import LengthRule
from shared.domain.values import PersistedFace
from shared.gallery.snapshots.mapped import Snapshot
from shared.storage.layout import SNAPSHOTS
from tests.unit.services.groups.findable import FIT
from tests.unit.services.groups.trainable_group import TrainableGroup

RULE = LengthRule(0.01, 12.0)


@pytest.fixture
def group(tmp_path: Path) -> Iterator[TrainableGroup]:
    group = TrainableGroup(tmp_path, normalised=True, fit=replace(FIT, length=RULE))
    yield group
    group.store.close()


def stored(group: TrainableGroup) -> dict[str, float]:
    """The handicap of every face in the snapshots; those of a delta count."""
    found: dict[str, float] = {}
    path = group.folder / "opened"
    for name in sorted(group.snapshots(), key=lambda one: one.endswith(".delta")):
        group.files.download(SNAPSHOTS, f"{group.collection.incarnation}/{name}", path)
        snapshot = Snapshot.open(path, verify=True)
        ids = [str(uuid.UUID(bytes=one.tobytes())) for one in snapshot.face_ids]
        found |= dict(zip(ids, snapshot.handicaps.tolist(), strict=True))
        path.unlink()
    return found


def expected(faces: Iterable[PersistedFace]) -> dict[str, float]:
    return {one.persisted_face_id: RULE.handicap(one.embedding.length) for one in faces}


def test_whole_trainings_deltas_and_erasures_keep_the_handicap_of_every_face(
    group: TrainableGroup,
) -> None:
    faces = [group.add_person() for _ in range(30)]
    unknown = group.made_up_face(faces[3].person_id)
    unknown = replace(unknown, embedding=replace(unknown.embedding, length=None))
    group.people.add_face(group.collection, unknown)
    faces.append(unknown)
    group.train()
    assert stored(group) == pytest.approx(expected(faces), abs=1e-7)
    assert stored(group)[unknown.persisted_face_id] == 0

    faces.append(group.add_person())
    group.train()
    faces.append(group.add_face(faces[5].person_id))
    group.train()
    assert group.is_trained_by_deltas
    assert stored(group) == pytest.approx(expected(faces), abs=1e-7)

    group.delete_face(faces.pop(7))
    group.delete_person(faces.pop(8).person_id)
    group.erase()
    assert stored(group) == pytest.approx(expected(faces), abs=1e-7)


def test_a_longer_enrolled_embedding_lowers_the_score_of_its_person(group: TrainableGroup) -> None:
    faces = [group.add_person() for _ in range(40)]
    group.train()
    probe = faces[0].embedding.vector[None]
    opened = group.galleries.open(group.key).faces
    ((match,),) = opened.nearest_persons(probe, count=1, least=-1.0)
    length = faces[0].embedding.length
    assert length is not None
    group.cohorts = replace(group.cohorts, fits={"made-up": FIT})
    group.restart()
    group.add_person()  # so that a whole training follows
    for name in group.snapshots():
        group.blobs.delete(SNAPSHOTS, f"{group.collection.incarnation}/{name}")
    group.train()
    opened = group.galleries.open(group.key).faces
    ((without,),) = opened.nearest_persons(probe, count=1, least=-1.0)
    assert without.score - match.score == pytest.approx(RULE.handicap(length), abs=0.01)


def test_faces_of_lists_have_no_handicap(tmp_path: Path) -> None:
    fit = replace(FIT, length=RULE)
    group = TrainableGroup(tmp_path, kind=LARGE_FACE_LIST, normalised=True, fit=fit)
    for _ in range(20):
        group.add_person()
    group.train()
    assert set(stored(group).values()) == {0.0}
    group.store.close()


def test_trainings_without_lengths_write_what_they_wrote_before(tmp_path: Path) -> None:
    group = TrainableGroup(tmp_path, normalised=True)
    for _ in range(20):
        group.add_person()
    group.train()
    for name in group.snapshots():
        path = tmp_path / name
        group.files.download(SNAPSHOTS, f"{group.collection.incarnation}/{name}", path)
        assert "handicaps" not in Snapshot.open(path, verify=True).index.sections
    assert np.isfinite(list(stored(group).values())).all()
    group.store.close()
