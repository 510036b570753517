"""Normalised scores through trainings: whole, by deltas, after erasure, and of older formats."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.domain.collections import (
    COLLECTIONS,
    FACE_LIST,
    LARGE_PERSON_GROUP,
    PERSON_GROUP,
    CollectionKind,
)
from shared.domain.models import UNCOUNTED, LengthRule
from shared.domain.values import Collection, PersistedFace
from shared.gallery.snapshots.format import PREAMBLE
from shared.services.recognition.identification_scale import IdentificationScales
from shared.services.training.cohort_policy import CohortPolicy
from shared.storage.layout import ERASURE_QUEUE, SNAPSHOTS
from shared.vision.confidence import ConfidenceCurve
from shared.vision.runtime.manifest import Task, load_manifest
from tests.unit.gallery.made_up_faces import unit
from tests.unit.services.groups.findable import FIT
from tests.unit.services.groups.trainable_group import TrainableGroup

PERSONS = 1_200


@pytest.fixture
def group(tmp_path: Path) -> Iterator[TrainableGroup]:
    fit = replace(FIT, length=LengthRule(0.01, 12.0))
    group = TrainableGroup(tmp_path, normalised=True, fit=fit, dimension=128)
    yield group
    group.store.close()


def scales() -> IdentificationScales:
    """Those of SFace, for the model of the made-up faces."""
    sface = load_manifest().first(Task.RECOGNITION)
    assert sface.identification is not None
    return IdentificationScales(
        {"made-up": ConfidenceCurve(sface.confidence)}, {"made-up": sface.identification}
    )


def confidences(
    group: TrainableGroup, probes: NDArray[np.float32], count: int = 3
) -> list[dict[str, float]]:
    """For each probe the confidences of the nearest persons."""
    faces = group.galleries.open(group.key).faces
    scale = scales().scale("made-up", faces.size)
    found = faces.nearest_persons(probes, count=count, least=scale.least_subtracted)
    return [{one.person_id: scale.confidence(one.score) for one in some} for some in found]


def probes_near(faces: list[PersistedFace], generator: np.random.Generator) -> NDArray[np.float32]:
    vectors = np.stack([face.embedding.vector for face in faces])
    return unit(vectors + np.float32(0.09) * generator.standard_normal(vectors.shape, np.float32))


def best_of(some: dict[str, float]) -> tuple[str, float]:
    return next(iter(some.items()))


def bases(group: TrainableGroup) -> list[str]:
    return [name for name in group.snapshots() if not name.endswith(".delta")]


def assert_alike(one: list[dict[str, float]], other: list[dict[str, float]]) -> None:
    for first, second in zip(one, other, strict=True):
        assert best_of(first)[0] == best_of(second)[0]
        assert best_of(first)[1] == pytest.approx(best_of(second)[1], abs=0.02)


def test_whole_trainings_and_deltas_and_erasures_give_the_same_confidences(
    group: TrainableGroup,
) -> None:
    faces = [group.add_person(faces=1 + number % 3) for number in range(PERSONS)]
    group.train()
    added = [group.add_person(faces=2) for _ in range(6)]
    added.append(group.add_face(faces[7].person_id))
    group.delete_face(faces[11])
    group.delete_person(faces[12].person_id)
    group.train()
    assert group.is_trained_by_deltas
    probes = probes_near([*faces[:11], *faces[13:40], *added], np.random.default_rng(3))
    by_delta = confidences(group, probes)

    group.delete_person(faces[60].person_id)
    marked = confidences(group, probes)
    group.erase()
    erased = confidences(group, probes)
    base = bases(group)
    for name in set(group.snapshots()) - set(base):
        group.blobs.delete(SNAPSHOTS, f"{group.collection.incarnation}/{name}")
    group.train()
    assert bases(group) != base
    whole = confidences(group, probes)

    assert_alike(by_delta, marked)
    assert_alike(marked, erased)
    assert_alike(erased, whole)


def test_the_mean_of_a_person_never_holds_a_deleted_face(group: TrainableGroup) -> None:
    for _ in range(40):
        group.add_person()
    kept = group.add_person(faces=2)
    deleted = group.add_face(kept.person_id)
    group.train()
    probe = deleted.embedding.vector[None]
    before = confidences(group, probe)[0][kept.person_id]
    group.delete_face(deleted)
    after = confidences(group, probe, count=100)[0].get(kept.person_id, 0.0)
    assert before >= 0.9
    assert after < 0.5
    group.erase()
    erased = confidences(group, probe, count=100)[0].get(kept.person_id, 0.0)
    assert erased == pytest.approx(after, abs=0.02)


def test_a_delta_that_lost_a_fifth_of_the_cohort_is_replaced_by_a_whole_training(
    group: TrainableGroup,
) -> None:
    faces = [group.add_person(faces=2) for _ in range(30)]
    group.train()
    base = bases(group)
    for face in faces[:5]:
        group.delete_person(face.person_id)
    group.train()
    assert bases(group) == base
    group.delete_person(faces[5].person_id)
    group.train()
    assert bases(group) != base


def test_a_gallery_doubles_by_persons_not_by_faces(group: TrainableGroup) -> None:
    for _ in range(20):
        group.add_person()
    group.train()
    base = bases(group)
    for _ in range(10):
        group.add_person(faces=2)
    group.train()
    assert bases(group) == base
    for _ in range(9):
        group.add_person()
    group.train()
    assert bases(group) == base
    group.add_person()
    group.train()
    assert bases(group) != base


def test_a_gallery_that_doubled_is_trained_whole(group: TrainableGroup) -> None:
    for _ in range(20):
        group.add_person()
    group.train()
    base = bases(group)
    for _ in range(20):
        group.add_person()
    group.train()
    assert bases(group) != base


def test_many_faces_of_one_person_do_not_double_a_gallery(group: TrainableGroup) -> None:
    for _ in range(20):
        group.add_person()
    group.train()
    base = bases(group)
    group.add_person(faces=25)
    for _ in range(2):
        group.train()
        assert bases(group) == base


@pytest.mark.parametrize("kind", [PERSON_GROUP, LARGE_PERSON_GROUP])
def test_a_snapshot_of_the_older_format_is_searched_raw_and_rewritten_from_its_own_vectors(
    tmp_path: Path, kind: CollectionKind, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "shared.services.galleries")
    group = TrainableGroup(tmp_path, kind=kind)
    faces = [group.add_person(faces=2) for _ in range(40)]
    group.train()
    write_as_version_2(group)
    later = group.add_person()
    group.normalise()

    raw = group.galleries.open(group.key).faces
    assert not raw.size.normalised
    assert group.nearest(faces[3].embedding.vector) == faces[3].person_id
    assert len(group.queue.texts(ERASURE_QUEUE)) == 1
    group.galleries.open(group.key)
    assert len(group.queue.texts(ERASURE_QUEUE)) == 1
    assert caplog.messages == ["a snapshot of an older format is searched and rewritten"]

    group.erase()

    rewritten = group.galleries.open(group.key).faces
    assert rewritten.size.normalised
    assert rewritten.size.persons == 40
    assert later.persisted_face_id not in group.found()
    assert best_of(confidences(group, faces[3].embedding.vector[None])[0])[1] >= 0.9
    assert group.queue.texts(ERASURE_QUEUE) == []
    group.train()
    assert later.persisted_face_id in group.found()
    group.store.close()


def test_lists_have_no_cohort(tmp_path: Path) -> None:
    group = TrainableGroup(tmp_path, kind=FACE_LIST, normalised=True)
    for _ in range(40):
        group.add_person()
    group.train()
    assert not group.galleries.open(group.key).faces.size.normalised
    group.store.close()


def test_groups_have_a_salt_of_their_incarnation_for_the_models_that_were_fitted() -> None:
    rule = LengthRule(0.01, 12.0)
    policy = CohortPolicy({"fitted": replace(FIT, length=rule)})
    for kind in COLLECTIONS:
        one = Collection(kind, "a", "a", "recognition_04", "incarnation")
        grouped = kind in (PERSON_GROUP, LARGE_PERSON_GROUP)
        salt = hashlib.sha256(b"incarnation").digest() if grouped else None
        assert policy.salt(one, "fitted") == salt
        assert policy.salt(one, "another") is None
        assert policy.length_rule(one, "fitted") == (rule if grouped else UNCOUNTED)
        assert policy.length_rule(one, "another") == UNCOUNTED
        assert CohortPolicy().salt(one, "fitted") is None


def write_as_version_2(group: TrainableGroup) -> None:
    """Mark every snapshot as written by an older version of the service."""
    for blob in group.blobs.listing(SNAPSHOTS):
        content = group.blobs.read(SNAPSHOTS, blob.name) or b""
        magic, _, padding = PREAMBLE.unpack_from(content)
        older = PREAMBLE.pack(magic, 2, padding) + content[PREAMBLE.size :]
        group.blobs.write(SNAPSHOTS, blob.name, older)
