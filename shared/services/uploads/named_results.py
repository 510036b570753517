"""Rewrites results of uploads that name deleted persons and faces.

A result is indexed before it is written, and checked afterwards: the check finds deletions that
were committed before it, and a later deletion finds the index entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from shared.domain.errors import BlobChanged, Unavailable
from shared.domain.values import Collection
from shared.storage.account.blobs import BlobStore
from shared.storage.layout import RESULTS
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.collections.people import People
from shared.storage.records.named_results import NamedResult, NamedResultRecords

_IDS = ("personId", "persistedFaceId")
_ATTEMPTS = 8
_STEP = 100
_DELETED = "What this result named was deleted."


class NamedResults:
    """Rewrites results that name deleted persons and faces."""

    def __init__(
        self,
        records: NamedResultRecords,
        blobs: BlobStore,
        collections: CollectionRecords,
        people: People,
    ) -> None:
        self._records = records
        self._blobs = blobs
        self._collections = collections
        self._people = people

    def remember(self, collection: Collection, result: str, named_ids: Iterable[str]) -> None:
        """Index the persons and faces that a result names; call it before the result is written.

        Args:
            result: the name of its blob.
            named_ids: personIds and persistedFaceIds of the collection.
        """
        self._records.add(collection.incarnation, result, named_ids)

    def confirm(self, collection: Collection, result: str, person_ids: Iterable[str]) -> None:
        """Remove persons who were deleted meanwhile from a result that has just been written."""
        ids = list(person_ids)
        current = self._collections.find(collection.key)
        if current is None or current.incarnation != collection.incarnation:
            gone = ids
        else:
            persons = self._people.find_many(collection, ids)
            gone = [one for one, found in zip(ids, persons, strict=True) if found is None]
        if gone:
            self._rewrite(collection.incarnation, [NamedResult(one, result) for one in gone])

    def erase(self, incarnation: str, deleted_ids: Iterable[str]) -> None:
        """Rewrite every result that names deleted persons or faces of a collection."""
        for deleted_id in deleted_ids:
            while entries := self._records.of(incarnation, deleted_id):
                self._rewrite(incarnation, entries)

    def purge(self, incarnation: str, *, steps: int) -> bool:
        """Rewrite results that name anything of a deleted collection.

        Args:
            steps: maximum number of steps, each of up to 100 results.

        Returns:
            Whether none is left.
        """
        for _ in range(steps):
            entries = self._records.some(incarnation, limit=_STEP)
            if not entries:
                return True
            self._rewrite(incarnation, entries)
        return not self._records.some(incarnation, limit=1)

    def _rewrite(self, incarnation: str, entries: Iterable[NamedResult]) -> None:
        ids: dict[str, set[str]] = {}
        removed = list(entries)
        for entry in removed:
            ids.setdefault(entry.result, set()).add(entry.named_id)
        for result, deleted in ids.items():
            with_them = self._rewrite_one(incarnation, result, deleted) - deleted
            removed += [NamedResult(one, result) for one in with_them]
        self._records.remove(incarnation, removed)

    def _rewrite_one(self, incarnation: str, result: str, deleted: set[str]) -> set[str]:
        """Rewrite a result; returns the ids that it names no more, a person's faces among them."""
        for _ in range(_ATTEMPTS):
            current = self._blobs.properties(RESULTS, result)
            if current is None:
                return set()
            content = self._blobs.read(RESULTS, result, etag=current.etag)
            if content is None:
                continue  # It was written meanwhile.
            value = msgspec.json.decode(content)
            if deleted.isdisjoint(named_ids(value)):
                return set()
            left = without(value, deleted)
            # The rewritten blob is kept for longer, so that its index entries must be too.
            self._records.add(incarnation, result, named_ids(left))
            try:
                self._blobs.write(
                    RESULTS,
                    result,
                    msgspec.json.encode(left),
                    metadata=current.metadata,
                    content_type="application/json",
                    expected=current.etag,
                )
            except BlobChanged:
                continue
            return named_ids(value) - named_ids(left)
        raise Unavailable("A result is written faster than it can be rewritten.")


def named_ids(value: Any) -> set[str]:
    """Every personId and persistedFaceId in a result."""
    return set(_ids_in(value))


def _ids_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (value[name] for name in _IDS if isinstance(value.get(name), str))
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _ids_in(one)


def without(value: Any, deleted: set[str]) -> Any:
    """A result without the objects that name deleted persons and faces; a reason keeps its code."""
    if isinstance(value, list):
        return [without(one, deleted) for one in value if not _names(one, deleted)]
    if isinstance(value, dict):
        return {
            name: {"code": one["code"], "message": _DELETED} if _names(one, deleted) else one
            for name, one in ((name, without(one, deleted)) for name, one in value.items())
            if not _names(one, deleted) or "code" in one
        }
    return value


def _names(value: Any, deleted: set[str]) -> bool:
    """Whether a value is an object that itself names one of the deleted."""
    return isinstance(value, dict) and any(value.get(name) in deleted for name in _IDS)
