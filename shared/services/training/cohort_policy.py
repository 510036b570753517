"""Decides which trainings draw a cohort to normalise scores, and the handicaps of faces."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from shared.domain.collections import LARGE_PERSON_GROUP, PERSON_GROUP
from shared.domain.models import UNCOUNTED, IdentificationFit, LengthRule
from shared.domain.values import Collection
from shared.gallery.snapshots.mapped import Snapshot

_GONE_SHARE = 5
"""When a fifth of a cohort has been deleted, a training of all faces draws a new one."""


@dataclass(frozen=True, slots=True)
class CohortPolicy:
    """Decides by the kind of the collection and the embedding model.

    Lists have no cohort: it is not known which of their faces belong to one person, so other images
    of the probe's person would be part of it.

    Attributes:
        fits: embedding model → its identification fit.
    """

    fits: Mapping[str, IdentificationFit] = field(default_factory=dict)

    def salt(self, collection: Collection, model: str) -> bytes | None:
        """The salt that draws a collection's cohort; None if the collection has no cohort.

        It is derived from the incarnation, so that every training draws the same persons.
        """
        if collection.kind not in (PERSON_GROUP, LARGE_PERSON_GROUP) or model not in self.fits:
            return None
        return hashlib.sha256(collection.incarnation.encode()).digest()

    def length_rule(self, collection: Collection, model: str) -> LengthRule:
        """The effect of the lengths of embeddings; none if there is no cohort."""
        if self.salt(collection, model) is None:
            return UNCOUNTED
        return self.fits[model].length


def cohort_is_spent(before: Snapshot, deleted: Set[bytes], persons: int) -> bool:
    """Whether the next delta can no longer use the cohort of its base.

    Args:
        before: the delta in use.
        deleted: ids of deleted persons and faces that the base holds.
        persons: number of persons in the next delta.
    """
    members = [one.tobytes() for one in before.cohort_persons]
    if not members:
        return False
    gone = sum(one in deleted for one in members)
    return _GONE_SHARE * gone >= len(members) or persons >= before.index.base_persons
