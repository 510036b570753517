"""What goes into a snapshot: every face of a collection, or what changed since the last whole one.

A whole snapshot is one pass over the collection. The delta of a large collection holds all faces
that were written since its base and the ids of all that were deleted; it is made from the delta
before it, the changes since then and the tombstones, without a look at the base. Faces written
while a pass was under way may be in base and delta alike: the delta's count.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from shared.domain.values import Collection
from shared.gallery.snapshots.format import SnapshotIndex
from shared.gallery.snapshots.mapped import Snapshot
from shared.gallery.snapshots.writer import DeltaFields, SnapshotWriter
from shared.services.training.cohort_policy import CohortPolicy, cohort_is_spent
from shared.storage.records.collections.training_faces import TrainingFace, TrainingFaces

_DELTA_SHARE = 20
"""A delta may be a twentieth of its base: then searches do not notice it."""

_DELTA_FACES = (1_000, 50_000)
"""Bounds of that: below the first a whole pass is as quick, above the second scanning shows."""

_DELETED_REMAIN = timedelta(days=1)
"""A base that holds deleted faces is made anew by the first training after so long."""


class Untrainable(Exception):
    """The collection cannot be trained as it is; the message says what to do."""


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
    faces: TrainingFaces,
    collection: Collection,
    deleted: frozenset[str],
    path: Path,
    *,
    created: datetime,
    progress: Callable[[int], None],
    cohorts: CohortPolicy,
) -> SnapshotIndex:
    """Write a snapshot of every face that is not deleted.

    Args:
        deleted: personIds and persistedFaceIds to leave out.
        progress: told in percent, after every page.
        cohorts: whether scores are normalised.

    Raises:
        NoFaces, MixedModels: there is nothing, or not one thing, to train on.
    """
    left_out = _bytes_of(deleted)
    writer: SnapshotWriter | None = None
    with ExitStack() as stack:
        for face in _living(_all(faces, collection, progress), left_out):
            embedding = face.embedding
            if writer is None:
                writer = stack.enter_context(
                    SnapshotWriter(
                        path,
                        model=embedding.model,
                        dimension=len(embedding.vector),
                        created=created,
                        salt=cohorts.salt(collection, embedding.model),
                    )
                )
            elif embedding.model != writer.model:
                raise MixedModels
            writer.add(face.person_id, face.face_id, embedding.vector)
        if writer is None:
            raise NoFaces
        progress(90)
        return writer.finish()


def write_first_delta(
    path: Path, version: str, base: Snapshot, marks: dict[str, str], created: datetime
) -> SnapshotIndex:
    """Write the empty delta that says where the changes after a whole snapshot begin."""
    with SnapshotWriter(
        path, model=base.index.model, dimension=base.index.dimension, created=created
    ) as writer:
        return writer.finish(DeltaFields.of(version, base, marks))


def write_next_delta(
    faces: TrainingFaces,
    collection: Collection,
    deleted: frozenset[str],
    before: Snapshot,
    path: Path,
    *,
    created: datetime,
) -> SnapshotIndex | None:
    """Write a delta in place of the one before; None where a whole snapshot should be made.

    Args:
        deleted: ids of the tombstones that the new delta heeds.
        before: the delta in use.

    Raises:
        NoFaces, MixedModels: there is nothing, or not one thing, to train on.
    """
    index = before.index
    most = min(_DELTA_FACES[1], max(_DELTA_FACES[0], index.base_faces // _DELTA_SHARE))
    left_out = _bytes_of(deleted)
    dropped = {one.tobytes() for one in before.dropped} | left_out
    if dropped and created - (index.base_created or created) > _DELETED_REMAIN:
        return None
    changed = _changed(faces, collection, index.marks, most)
    if changed is None:
        return None
    written, marks = changed
    content = {face.face_id: face for face in _living(iter(written), left_out)}
    rows = {one: number for number, one in enumerate(map(bytes, before.face_ids))}
    owners = before.persons_of_all()
    kept = [
        (owners[row].tobytes(), face_id, before.vectors[row])
        for face_id, row in rows.items()
        if face_id not in content and not {face_id, owners[row].tobytes()} & left_out
    ]
    if any(face.embedding.model != index.model for face in content.values()):
        raise MixedModels
    if len(kept) + len(content) + len(dropped) > most:
        return None
    persons = {one[0] for one in kept} | {one.person_id for one in content.values()}
    if cohort_is_spent(before, dropped, len(persons)):
        return None
    if left_out and not _any(faces, collection):
        raise NoFaces
    kept += [(one.person_id, one.face_id, one.embedding.vector) for one in content.values()]
    with SnapshotWriter(
        path, model=index.model, dimension=index.dimension, created=created
    ) as writer:
        for person_id, face_id, vector in sorted(kept, key=lambda one: one[:2]):
            writer.add(person_id, face_id, vector)
        fields = replace(
            DeltaFields.next_after(before), marks=marks, dropped=tuple(sorted(dropped))
        )
        return writer.finish(fields)


def _changed(
    faces: TrainingFaces, collection: Collection, marks: dict[str, str], most: int
) -> tuple[list[TrainingFace], dict[str, str]] | None:
    """Faces written after the marks, and the new marks; None where they are too many."""
    found: list[TrainingFace] = []
    after = dict(marks)
    for partition in faces.partitions(collection):
        more = True
        while more:
            changes = faces.changes(partition, after[partition])
            found += changes.faces
            after[partition], more = changes.mark, changes.more
            if len(found) > most:
                return None
    return found, after


def _all(
    faces: TrainingFaces, collection: Collection, progress: Callable[[int], None]
) -> Iterator[TrainingFace]:
    """Every face in order of person; ids are random, so their order tells how far it is."""
    for partition in faces.partitions(collection):
        for page in faces.walk(partition):
            yield from page
            progress(90 * int.from_bytes(page[-1].person_id[:2], "big") >> 16)


def _any(faces: TrainingFaces, collection: Collection) -> bool:
    return any(page for one in faces.partitions(collection) for page in faces.walk(one))


def _living(found: Iterator[TrainingFace], deleted: frozenset[bytes]) -> Iterator[TrainingFace]:
    if not deleted:
        return found
    return (one for one in found if not {one.person_id, one.face_id} & deleted)


def _bytes_of(ids: frozenset[str]) -> frozenset[bytes]:
    return frozenset(uuid.UUID(name).bytes for name in ids)
