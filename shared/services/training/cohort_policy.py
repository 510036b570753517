"""Which trainings draw a cohort, by which scores are normalised, and the handicaps of faces."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from shared.domain.collections import LARGE_PERSON_GROUP, PERSON_GROUP
from shared.domain.models import UNCOUNTED, IdentificationFit, LengthRule
from shared.domain.values import Collection
from shared.gallery.snapshots.mapped import Snapshot

_GONE_SHARE = 5
"""A cohort of which a fifth was deleted is drawn anew, by a whole training."""


@dataclass(frozen=True, slots=True)
class CohortPolicy:
    """Decides by kind and model.

    Lists have no cohort: nothing says which of their faces are one person's, so that the other
    images of a probe's person would be part of it.

    Attributes:
        fits: embedding model to what its identification was fitted to.
    """

    fits: Mapping[str, IdentificationFit] = field(default_factory=dict)

    def salt(self, collection: Collection, model: str) -> bytes | None:
        """What draws the cohort of a collection; None where it has none.

        The salt belongs to the incarnation, so that every training draws the same persons.
        """
        if collection.kind not in (PERSON_GROUP, LARGE_PERSON_GROUP) or model not in self.fits:
            return None
        return hashlib.sha256(collection.incarnation.encode()).digest()

    def length_rule(self, collection: Collection, model: str) -> LengthRule:
        """What the lengths of the faces' embeddings count; nothing where there is no cohort."""
        if self.salt(collection, model) is None:
            return UNCOUNTED
        return self.fits[model].length


def cohort_is_spent(before: Snapshot, deleted: Set[bytes], persons: int) -> bool:
    """Whether a delta can no longer do with the cohort of its base.

    Args:
        before: the delta in use.
        deleted: ids of deleted persons and faces that the base holds.
        persons: how many the next delta holds.
    """
    members = [one.tobytes() for one in before.cohort_persons]
    if not members:
        return False
    gone = sum(one in deleted for one in members)
    return _GONE_SHARE * gone >= len(members) or persons >= before.index.base_persons
