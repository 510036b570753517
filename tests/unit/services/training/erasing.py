"""The erasure of a group's deleted persons and faces."""

from __future__ import annotations

from shared.services.deletion.erasure import Erasure
from shared.services.deletion.marked_deletions import MarkedDeletions
from shared.services.deletion.trained_data import TrainedData
from tests.doubles.identifiers import new_id
from tests.unit.services.groups.trainable_group import TrainableGroup


def erasure_of(group: TrainableGroup) -> Erasure:
    """What the erasure queue's function runs, with the group's records and stores."""
    trained = TrainedData(
        group.trainings,
        group.training,
        group.builder,
        group.eraser,
        [group.cache, group.duplicates],
        group.vectors,
    )
    deletions = MarkedDeletions(
        group.store,
        group.marks,
        group.deletions,
        group.results,
        trained,
        group.clock,
        marks_kept=group.marks_kept,
    )
    return Erasure(
        group.collections,
        group.marks,
        group.tasks,
        deletions,
        group.repair,
        group.queues,
        new_id,
        group.clock,
    )
