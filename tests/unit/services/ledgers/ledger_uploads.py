"""Uploads of the ledger: results that name the persons that a search finds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from shared.domain.errors import NotTrained, TrainingNotFinished
from shared.domain.values import PersistedFace
from shared.storage.layout import INGESTIONS, RESULTS
from tests.unit.services.groups.findable import found_by
from tests.unit.services.groups.trainable_group import TrainableGroup

_BUCKETS = "0123456789abcdef"


class LedgerUploads:
    """Uploads whose faces resemble every person of the group."""

    def __init__(self, group: TrainableGroup) -> None:
        self._group = group
        self._written: dict[str, bool] = {}

    def add(self) -> None:
        """A new upload without a result."""
        self._written[f"{len(self._written)}.json"] = False

    def write_results(
        self, faces: Sequence[PersistedFace], meanwhile: Callable[[], None] | None = None
    ) -> None:
        """Identify, and write the results of the uploads that have none, as ingestion does.

        Args:
            meanwhile: happens between a search and the writing of its result.
        """
        group = self._group
        for name in [name for name, written in self._written.items() if not written]:
            try:
                found = found_by(group.galleries, group.key)
            except (NotTrained, TrainingNotFinished):
                continue
            ids = {one.person_id for one in faces if one.persisted_face_id in found}
            if meanwhile is not None:
                meanwhile()
            candidates = [{"personId": one, "name": f"name of {one}"} for one in sorted(ids)]
            content = msgspec.json.encode({"faces": [{"candidates": candidates}]})
            group.results.remember(group.collection, name, ids)
            group.blobs.write(RESULTS, name, content)
            group.results.confirm(group.collection, name, ids)
            self._written[name] = True

    def stored(self) -> str:
        """All results, and everything that is known of them, as text."""
        group = self._group
        ingestions, incarnation = group.store.container(INGESTIONS), group.collection.incarnation
        entries = [
            str(document)
            for bucket in _BUCKETS
            for document in ingestions.page(f"named:{incarnation}:{bucket}")
        ]
        results = [(group.blobs.read(RESULTS, name) or b"").decode() for name in self._written]
        return "\n".join(entries + results)
