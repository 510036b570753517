"""Searches for duplicates that a queue carries out: their progress and what they found.

One document per collection, in a partition of its own, with a time to live. It holds ids and
cosines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from shared.domain.errors import DocumentConflict, DocumentMissing
from shared.domain.face.duplicates import AlikePersons, FaceOf, FoundDuplicates, MixedPerson
from shared.storage.documents.store import DocumentContainer, Key, read_time, stored_time

_PREFIX = "duplicates:"
_OF_ANY_COHORT = "unknown"
"""Read where a document says only that there was a cohort, and not which."""


@dataclass(frozen=True, slots=True)
class DuplicateSearch:
    """One search.

    Attributes:
        name: the collection's incarnation, or the name for the directory's faces of one model.
        collection: kind and id of the group; None: the directory.
        directory_model: the recognition model of the directory's faces.
        version: the training whose faces are compared.
        asked: when its message was last sent.
        correction: the digest of the operator's cohort that lowers the cosines of pairs; empty if
            there is none.
        found: the pairs found so far; all of them once the search is done.
        done: whether the search has ended.
        person_id: all pairs of the persons up to this one were compared.
        percent: the progress, 0 to 99.
        lease_expires: when the lease of the worker that carries it out ends.
        etag: of its document; empty before it is written.
    """

    name: str
    collection: tuple[str, str] | None
    directory_model: str
    version: str
    asked: datetime
    found: FoundDuplicates
    correction: str = ""
    done: bool = False
    person_id: str | None = None
    percent: int = 0
    lease_expires: datetime | None = None
    etag: str = field(default="", repr=False)


class DuplicateSearchRecords:
    """Reads and writes searches.

    Args:
        life: how long a search is kept after its last write.
    """

    def __init__(self, container: DocumentContainer, life: timedelta) -> None:
        self._container = container
        self._ttl = int(life.total_seconds())

    def find(self, name: str) -> DuplicateSearch | None:
        """The search of a collection, or None."""
        found = self._container.get(_key(name))
        return None if found is None else _search(name, found.body, found.etag)

    def write(self, search: DuplicateSearch) -> DuplicateSearch | None:
        """Write a search under the ETag it was read with; None if another write came first."""
        key, body = _key(search.name), _body(search)
        try:
            if search.etag:
                written = self._container.replace(key, body, etag=search.etag, ttl=self._ttl)
            else:
                written = self._container.create(key, body, ttl=self._ttl)
        except DocumentConflict:
            return None
        return replace(search, etag=written.etag)

    def forget(self, name: str) -> None:
        """Delete the search of a collection, because persons or the collection were deleted."""
        try:
            self._container.delete(_key(name))
        except DocumentMissing:
            return  # There was none.

    def drop(self, name: str) -> None:
        """Delete the search, like ``forget``: erasures call ``drop``, purges call ``forget``."""
        self.forget(name)

    def keep(self, name: str, version: str) -> None:
        """Delete the search of a collection unless it is of this version."""
        found = self.find(name)
        if found is not None and found.version != version:
            self.forget(name)


def _key(name: str) -> Key:
    return Key(_PREFIX + name, _PREFIX + name)


def _body(search: DuplicateSearch) -> dict[str, object]:
    found = search.found
    lease = search.lease_expires
    return {
        "collection": search.collection,
        "directoryModel": search.directory_model,
        "version": search.version,
        "correction": search.correction,
        "asked": stored_time(search.asked),
        "done": search.done,
        "personId": search.person_id,
        "percent": search.percent,
        "leaseExpires": None if lease is None else stored_time(lease),
        "model": found.model,
        "computed": stored_time(found.computed),
        "pairs": [
            [
                *(name for face in one.faces for name in (face.person_id, face.face_id)),
                *(one.cosine, one.score),
            ]
            for one in found.pairs
        ],
        "mixed": [[one.person_id, one.cosine, *one.groups] for one in found.mixed],
    }


def _search(name: str, body: Mapping[str, Any], etag: str) -> DuplicateSearch:
    collection, lease = body["collection"], body["leaseExpires"]
    found = FoundDuplicates(
        body["model"],
        read_time(body["computed"]),
        [_pair(one) for one in body["pairs"]],
        [_mixed(one) for one in body["mixed"]],
    )
    return DuplicateSearch(
        name,
        None if collection is None else (collection[0], collection[1]),
        body["directoryModel"],
        body["version"],
        read_time(body["asked"]),
        found,
        body.get("correction", _OF_ANY_COHORT if body.get("corrected") else ""),
        body["done"],
        body["personId"],
        body["percent"],
        None if lease is None else read_time(lease),
        etag,
    )


def _pair(stored: Sequence[Any]) -> AlikePersons:
    """Older versions wrote no score: cosines ranked."""
    person, face, other, other_face, cosine, *scores = stored
    score = scores[0] if scores else cosine
    return AlikePersons((FaceOf(person, face), FaceOf(other, other_face)), cosine, score)


def _mixed(stored: Sequence[Any]) -> MixedPerson:
    person_id, cosine, one, other = stored
    return MixedPerson(person_id, (tuple(one), tuple(other)), cosine)
