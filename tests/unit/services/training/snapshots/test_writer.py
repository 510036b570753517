"""How large a delta may become, and which faces are refused."""

from __future__ import annotations

import pytest

from shared.services.training import writer
from shared.services.training.writer import MixedModels
from tests.unit.services.groups.trainable_group import TrainableGroup


def bases(group: TrainableGroup) -> list[str]:
    return [name for name in group.snapshots() if not name.endswith(".delta")]


@pytest.mark.parametrize(("base", "most"), [(20, 2), (60, 3), (79, 3), (80, 4), (200, 5)])
def test_a_delta_has_a_twentieth_of_its_base_within_bounds(
    group: TrainableGroup, monkeypatch: pytest.MonkeyPatch, base: int, most: int
) -> None:
    monkeypatch.setattr(writer, "_DELTA_FACES", (2, 5))
    person = group.add_person().person_id
    for _ in range(base - 1):
        group.add_face(person)
    group.train()
    first = bases(group)
    for _ in range(most):
        group.add_face(person)
    group.train()
    assert bases(group) == first
    group.add_face(person)
    group.train()
    assert bases(group) != first
    assert group.found() == group.stored()


@pytest.mark.parametrize("trained", [False, True], ids=["first training", "next training"])
def test_faces_of_several_models_are_refused_by_whole_passes_and_deltas(
    group: TrainableGroup, trained: bool
) -> None:
    faces = [group.add_person() for _ in range(group.amended_from)]
    before = group.train().snapshot if trained else None
    group.add_face(faces[4].person_id, model="another")
    with pytest.raises(MixedModels):
        group.builder.build(group.collection, before, lambda _: None, whole=False)
