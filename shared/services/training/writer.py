"""Writes snapshots: all faces of a collection, or the changes since the last whole snapshot.

A whole snapshot is one pass over the collection. The delta of a large collection holds all faces
that were written since its base; it is built from the previous delta and the changes since then,
without reading the base. Faces written during a pass may be in both base and delta; the delta takes
precedence. Deleted faces stay in a base until it is rewritten, and have deletion marks until then.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from shared.domain.models import UNCOUNTED
from shared.gallery.snapshots.format import SnapshotIndex
from shared.gallery.snapshots.mapped import Snapshot
from shared.gallery.snapshots.writer import DeltaFields, SnapshotWriter
from shared.services.training.cohort_policy import CohortPolicy, cohort_is_spent
from shared.services.training.source import CollectionSource

_DELTA_SHARE = 20
"""A delta may be up to 1/20 of its base; that does not slow searches measurably."""

_DELTA_FACES = (1_000, 50_000)
"""Lower and upper bound of that number of faces: below the first, a whole pass is as fast; above
the second, searches are slower."""


class Untrainable(Exception):
    """The collection cannot be trained in its current state; the message says what to do."""


class NoFaces(Untrainable):
    """The collection has no face to train on."""

    def __init__(self) -> None:
        super().__init__("There is no person with a persisted face. Add faces, then train again.")


class MixedModels(Untrainable):
    """Faces were added under different embedding models, which cannot be compared."""

    def __init__(self) -> None:
        super().__init__(
            "Faces were added under different versions of the recognition model. Delete the older"
            " ones and add them again, then train again."
        )


def write_whole(
    source: CollectionSource,
    path: Path,
    *,
    created: datetime,
    progress: Callable[[int], None],
    cohorts: CohortPolicy,
) -> SnapshotIndex:
    """Write a snapshot of every face.

    Args:
        progress: called with 0 to 90, after every page.
        cohorts: whether scores are normalised.

    Raises:
        NoFaces, MixedModels: there is no face, or faces of several models.
    """
    writer: SnapshotWriter | None = None
    rule = UNCOUNTED
    with ExitStack() as stack:
        for page in source.pages(lambda percent: progress(90 * percent // 100)):
            for face in page:
                embedding = face.embedding
                if writer is None:
                    rule = cohorts.length_rule(source.collection, embedding.model)
                    writer = stack.enter_context(
                        SnapshotWriter(
                            path,
                            model=embedding.model,
                            dimension=len(embedding.vector),
                            created=created,
                            salt=cohorts.salt(source.collection, embedding.model),
                        )
                    )
                elif embedding.model != writer.model:
                    raise MixedModels
                handicap = rule.handicap(embedding.length)
                writer.add(face.person_id, face.face_id, embedding.vector, handicap)
        if writer is None:
            raise NoFaces
        progress(90)
        return writer.finish()


def write_first_delta(
    path: Path, version: str, base: Snapshot, positions: dict[str, str], created: datetime
) -> SnapshotIndex:
    """Write the empty delta that records where the changes after a whole snapshot begin."""
    with SnapshotWriter(
        path, model=base.index.model, dimension=base.index.dimension, created=created
    ) as writer:
        return writer.finish(DeltaFields.of(version, base, positions))


def write_next_delta(
    source: CollectionSource,
    before: Snapshot,
    path: Path,
    *,
    created: datetime,
    cohorts: CohortPolicy,
) -> SnapshotIndex | None:
    """Write a delta that replaces the previous one; None if a whole snapshot is needed.

    Args:
        before: the delta in use.
        cohorts: gives the effect of the lengths of embeddings.

    Raises:
        NoFaces, MixedModels: there is no face, or faces of several models.
    """
    index = before.index
    most = min(_DELTA_FACES[1], max(_DELTA_FACES[0], index.base_faces // _DELTA_SHARE))
    if len(before.dropped):
        return None  # Before schema 2, ids of persons that still exist could be dropped too.
    left_out = source.deleted
    changed = source.changes(index.marks, most)
    if changed is None:
        return None
    content = {face.face_id: face for face in changed.faces}
    rows = {one: number for number, one in enumerate(map(bytes, before.face_ids))}
    owners = before.persons_of_all()
    kept = [
        (owners[row].tobytes(), face_id, before.vectors[row], float(before.handicaps[row]))
        for face_id, row in rows.items()
        if face_id not in content and not {face_id, owners[row].tobytes()} & left_out
    ]
    if any(face.embedding.model != index.model for face in content.values()):
        raise MixedModels
    if len(kept) + len(content) > most:
        return None
    persons = {one[0] for one in kept} | {one.person_id for one in content.values()}
    if cohort_is_spent(before, left_out, len(persons)):
        return None
    if left_out and source.is_empty():
        raise NoFaces
    rule = cohorts.length_rule(source.collection, index.model)
    kept += [
        (one.person_id, one.face_id, one.embedding.vector, rule.handicap(one.embedding.length))
        for one in content.values()
    ]
    with SnapshotWriter(
        path, model=index.model, dimension=index.dimension, created=created
    ) as writer:
        for face in sorted(kept, key=lambda one: one[0]):
            writer.add(*face)
        fields = replace(DeltaFields.next_after(before), marks=dict(changed.positions))
        return writer.finish(fields)
