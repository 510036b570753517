"""The gate in a collection's document, on both stores."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from shared.domain.clock import SystemClock
from shared.domain.collections import PERSON_GROUP
from shared.domain.face.enrolment import NO_RULES, EnrolmentRules, FaceChoice, MinimumQuality
from shared.domain.values import Collection
from shared.storage.layout import COLLECTIONS
from shared.storage.records.collections.collections import CollectionRecords
from tests.doubles.stores import KINDS, empty_store

RULES = [
    EnrolmentRules(quality, faces)
    for quality, faces in product(
        [None, MinimumQuality.LOW, MinimumQuality.MEDIUM, MinimumQuality.HIGH], [None, *FaceChoice]
    )
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_gate_is_read_as_it_was_written(kind: str, tmp_path: Path) -> None:
    staff = Collection(PERSON_GROUP, "staff", "Staff", "recognition_04", "incarnation")
    with empty_store(kind, tmp_path, SystemClock()) as store:
        records = CollectionRecords(store.container(COLLECTIONS))
        records.create(staff)
        for gate in RULES:

            def change(collection: Collection, gate: EnrolmentRules = gate) -> Collection:
                return replace(collection, gate=gate)

            records.update(staff.key, change)
            assert records.get(staff.key) == replace(staff, gate=gate)


def test_a_requests_rules_come_before_the_gates_each_for_itself() -> None:
    gate = EnrolmentRules(MinimumQuality.HIGH, FaceChoice.ONLY)
    assert NO_RULES.over(gate) == gate
    assert gate.over(NO_RULES) == gate
    largest = EnrolmentRules(faces=FaceChoice.LARGEST)
    assert largest.over(gate) == EnrolmentRules(MinimumQuality.HIGH, FaceChoice.LARGEST)
    passed = EnrolmentRules(MinimumQuality.ANY)
    assert passed.over(gate) == EnrolmentRules(MinimumQuality.ANY, FaceChoice.ONLY)
    assert not passed.any
    assert not passed.over(NO_RULES).any
