"""Persons whose faces look like those of two people.

The faces of a person are linked along a maximum spanning tree of their cosines. Its weakest link
divides them into the two groups whose nearest faces are least similar (single linkage).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shared.domain.face.duplicates import MixedPerson
from shared.gallery.duplicates.person_faces import PersonFaces

MOST_MIXED = 1_000
"""Maximum number of persons that a search reports, those with the least similar groups."""

MOST_FACES = 20_000
"""Maximum number of their faces: less than a megabyte of ids."""

_LINKED = np.float32(-2)
"""Below every cosine."""


def mixed_persons(
    faces: PersonFaces, *, highest_cosine: float, most: int = MOST_MIXED
) -> list[MixedPerson]:
    """Persons whose faces fall into two groups, the least similar groups first.

    Args:
        highest_cosine: the highest cosine of two faces of different groups.
        most: maximum number of persons.
    """
    found = [
        one
        for person in np.flatnonzero(np.diff(faces.offsets) > 1)
        if (one := _divided(faces, int(person))).cosine <= highest_cosine
    ]
    found.sort(key=lambda one: (one.cosine, one.person_id))
    counts = np.cumsum([sum(map(len, one.groups)) for one in found[:most]])
    return found[: int(np.searchsorted(counts, MOST_FACES, side="right"))]


def _divided(faces: PersonFaces, person: int) -> MixedPerson:
    begin, end = int(faces.offsets[person]), int(faces.offsets[person + 1])
    vectors = faces.vectors[begin:end]
    cosine, group = weakest_link(vectors @ vectors.T)
    rows = begin + np.arange(end - begin)
    groups = [_ids(faces, rows[group]), _ids(faces, rows[~group])]
    groups.sort(key=lambda ids: (-len(ids), ids))
    return MixedPerson(faces.person_id(person), (groups[0], groups[1]), round(cosine, 6))


def _ids(faces: PersonFaces, rows: NDArray[np.int64]) -> tuple[str, ...]:
    return tuple(faces.face_id(int(row)) for row in rows)


def weakest_link(cosines: NDArray[np.float32]) -> tuple[float, NDArray[np.bool_]]:
    """The weakest link of the maximum spanning tree, and the nodes on one side of it.

    The tree is that of Prim's algorithm.

    Args:
        cosines: float32, (n, n), symmetric, n at least 2.
    """
    count = len(cosines)
    nearest = cosines[0].copy()
    parents = np.zeros(count, np.int64)
    linked = np.zeros(count, np.bool_)
    linked[0] = True
    links: list[tuple[float, int, int]] = []
    for _ in range(count - 1):
        node = int(np.where(linked, _LINKED, nearest).argmax())
        links.append((float(nearest[node]), int(parents[node]), node))
        linked[node] = True
        closer = cosines[node] > nearest
        nearest[closer] = cosines[node][closer]
        parents[closer] = node
    weakest = min(links)
    return weakest[0], _side(weakest, links, count)


def _side(
    weakest: tuple[float, int, int], links: list[tuple[float, int, int]], count: int
) -> NDArray[np.bool_]:
    """The nodes below the weakest link; links are in the order in which nodes were linked."""
    below = np.zeros(count, np.bool_)
    below[weakest[2]] = True
    for _, parent, node in links:
        below[node] |= below[parent]
    return below
