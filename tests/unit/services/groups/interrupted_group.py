"""A group whose stores a test interrupts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from shared.domain.collections import LARGE_PERSON_GROUP, CollectionKind
from tests.doubles.interruptions import Interruption, Interruptions
from tests.unit.services.groups.trainable_group import TrainableGroup

TASK, CREATED_TASK, MARK, COMMIT, SWEEP = 2, 3, 4, 7, 8
"""The calls of a collection's first deletion, counted from the read of the person."""


class InterruptedGroup(TrainableGroup):
    """A group whose stores fail, or let something else happen, at a chosen call."""

    def __init__(
        self, folder: Path, kind: CollectionKind = LARGE_PERSON_GROUP, *, create: bool = True
    ) -> None:
        self.interruptions = Interruptions()
        super().__init__(folder, kind=kind, interruptions=self.interruptions, create=create)

    def during(self, at: int, act: Callable[[], None] | None, step: Callable[[], object]) -> None:
        """Carry out a step; before its call of that number something else happens, or it fails."""
        self.interruptions.plan(Interruption(at, act, first=True))
        step()
        self.interruptions.plan(None)

    def calls_of(self, step: Callable[[], object]) -> int:
        """How many calls of stores a step makes."""
        self.interruptions.plan(None)
        step()
        return self.interruptions.calls
