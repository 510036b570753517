"""The search for what deleted collections left, step by step."""

from __future__ import annotations

import pytest

from shared.domain.collections import COLLECTIONS
from shared.domain.values import Collection
from shared.services.deletion import unowned_data as search
from shared.storage.layout import COLLECTIONS as COLLECTION_CONTAINER
from shared.storage.layout import SNAPSHOTS
from shared.storage.records.inventory import SNAPSHOT_INVENTORY, Inventory, InventoryRecord
from tests.doubles.identifiers import new_id
from tests.unit.services.groups.timer import unowned_data
from tests.unit.services.groups.trainable_group import TrainableGroup

KINDS = range(1, len(COLLECTIONS))
FIRST, SECOND, THIRD = (f"{digit}0000000-0000-4000-8000-000000000000" for digit in "123")


@pytest.fixture(autouse=True)
def one_step_a_round(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_STEPS_PER_ROUND", 1)


def reached(group: TrainableGroup) -> Inventory:
    return InventoryRecord(group.store.container(COLLECTION_CONTAINER), SNAPSHOT_INVENTORY).read()


def steps(group: TrainableGroup, number: int) -> list[Inventory]:
    """What is recorded after each of so many steps among the snapshots."""
    snapshots, *_ = unowned_data(group)
    found = []
    for _ in range(number):
        snapshots.run()
        found.append(reached(group))
    return found


def create(group: TrainableGroup, number: int, incarnation: str) -> None:
    group.collections.create(
        Collection(COLLECTIONS[0], f"c-{number}", "name", "recognition_04", incarnation)
    )


def put(group: TrainableGroup, *incarnations: str) -> None:
    """A snapshot of each."""
    for incarnation in incarnations:
        group.blobs.write(SNAPSHOTS, f"{incarnation}/version", b"snapshot")


def of_log(caplog: pytest.LogCaptureFixture) -> list[int]:
    """How many collections each warning reports."""
    message = "snapshots of deleted collections found"
    return [vars(one)["collections"] for one in caplog.records if one.getMessage() == message]


def purges(group: TrainableGroup) -> list[str]:
    return [stored.task.incarnation for stored in group.tasks.all()]


def test_collections_are_read_page_by_page_and_kind_by_kind_against_a_page_of_snapshots(
    group: TrainableGroup, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(search, "_LISTED_PER_STEP", 2)
    monkeypatch.setattr(search, "_COLLECTIONS_PER_STEP", 3)
    for number in (1, 2, 3):
        create(group, number, new_id())
    create(group, 4, SECOND)
    put(group, FIRST, SECOND, THIRD)
    page = f"{SECOND}/version"
    both, lost, living = frozenset({FIRST, SECOND}), frozenset({FIRST}), frozenset({SECOND})

    assert steps(group, 2 + len(COLLECTIONS)) == [
        Inventory(page, both),
        Inventory(page, both, after="c-3"),
        *(Inventory(page, lost, living, kind=number) for number in KINDS),
        Inventory(page, living=living),
    ]
    assert purges(group) == [FIRST]
    assert of_log(caplog) == [1]

    last = frozenset({THIRD})
    assert steps(group, 2 + len(COLLECTIONS)) == [
        Inventory(None, last, living, last=True),
        Inventory(None, last, living, last=True, after="c-3"),
        *(Inventory(None, last, living, last=True, kind=number) for number in KINDS),
        Inventory(living=living, done=True),
    ]
    assert purges(group) == [FIRST, THIRD]
    assert of_log(caplog) == [1, 1]


def test_a_page_whose_collections_all_exist_ends_the_reading_at_once(
    group: TrainableGroup, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(search, "_COLLECTIONS_PER_STEP", 1)
    create(group, 1, FIRST)
    put(group, FIRST)
    existing = frozenset({FIRST})
    assert steps(group, 2) == [
        Inventory(None, existing, last=True),
        Inventory(living=existing, done=True),
    ]
    assert purges(group) == []
    assert of_log(caplog) == []


def test_a_page_of_other_blobs_is_not_the_end_of_the_listing(
    group: TrainableGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_LISTED_PER_STEP", 1)
    put(group, "a readme", "another")
    assert steps(group, 2) == [
        Inventory("a readme/version"),
        Inventory(last=True, done=True),
    ]


def test_living_incarnations_are_remembered_up_to_a_number(
    group: TrainableGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_LISTED_PER_STEP", 1)
    monkeypatch.setattr(search, "_MOST_EXISTING", 2)
    for number, incarnation in enumerate((FIRST, SECOND, THIRD)):
        create(group, number, incarnation)
    put(group, FIRST, SECOND, THIRD)
    found = steps(group, 6)
    assert [one.living for one in found[1::2]] == [{FIRST}, {FIRST, SECOND}, {THIRD}]


def test_a_round_has_so_many_steps_and_ends_with_the_search(
    group: TrainableGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_LISTED_PER_STEP", 1)
    monkeypatch.setattr(search, "_STEPS_PER_ROUND", 3)
    put(group, "a", "b", "c", "d")
    assert steps(group, 2) == [Inventory("c/version"), Inventory(last=True, done=True)]
    put(group, FIRST)
    assert steps(group, 1) == [Inventory(last=True, done=True)]
