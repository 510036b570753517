"""Finds the rows of persons and faces in a snapshot."""

from __future__ import annotations

from collections.abc import Collection, Set

import numpy as np
from numpy.typing import NDArray

from shared.gallery.snapshots.mapped import Snapshot

_TAIL_VALUES = 1 << 16


def rows_of(snapshot: Snapshot, ids: Collection[bytes]) -> NDArray[np.int64]:
    """The rows of persons and faces.

    Args:
        ids: of persons and faces, 16 bytes each; ids that the snapshot does not hold are ignored.

    Returns:
        Row numbers, ascending.
    """
    if not ids or snapshot.index.faces == 0:
        return np.empty(0, np.int64)
    wanted = set(ids)
    offsets = snapshot.person_offsets
    persons = [
        np.arange(offsets[person], offsets[person + 1], dtype=np.int64)
        for person in places_of(snapshot.person_ids, wanted)
    ]
    faces = np.array(places_of(snapshot.face_ids, wanted), np.int64)
    return np.unique(np.concatenate([*persons, faces]))


def places_of(ids: NDArray[np.uint8], wanted: Set[bytes]) -> list[int]:
    """The places of the wanted ids, ascending, in one pass however many are wanted.

    The last two bytes of a UUID are random, so a table of 64 Ki flags leaves few candidates of a
    million.
    """
    flags = np.zeros(_TAIL_VALUES, np.bool_)
    flags[[int.from_bytes(name[14:], "little") for name in wanted]] = True
    tails = ids.view("<u2")[:, 7]
    return [int(row) for row in np.flatnonzero(flags[tails]) if ids[row].tobytes() in wanted]
