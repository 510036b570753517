"""Lists, reads, merges and deletes clusters of unknown faces."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from shared.domain.clock import Clock
from shared.domain.errors import (
    BadArgument,
    ConcurrentOperation,
    DocumentConflict,
    InvalidContinuation,
    UnknownNotFound,
)
from shared.domain.face.unknowns import Cluster, Sighting, UnknownPeople, UnknownPerson
from shared.domain.identifiers import canonical_uuid
from shared.services.queue_policy import is_older
from shared.services.unknowns.clustering import UnknownIndexes
from shared.services.unknowns.index import Entry
from shared.storage.records.unknowns.clusters import UnknownClusters

SIGHTINGS_SHOWN = 200
"""Maximum number of sightings of a cluster that are returned; the newest."""

MOST_PARTS = 50
"""Maximum number of clusters that are merged into one."""

PROMOTION_LASTS = timedelta(minutes=1)
"""For so long a promotion that has not ended is taken to be under way."""

_ATTEMPTS = 20
_MOST_DIGITS = 12
"""Maximum digits of a count in a continuation."""
_MOST_COUNTED = 10**_MOST_DIGITS


@dataclass(frozen=True, slots=True)
class _Ranked:
    """A cluster with its index's model; sorts by count, most first, then by id."""

    model: str
    entry: Entry

    @property
    def key(self) -> tuple[int, str]:
        return -self.entry.count, self.entry.unknown_id


class Unknowns:
    """The clusters of all embedding models."""

    def __init__(self, clusters: UnknownClusters, indexes: UnknownIndexes, clock: Clock) -> None:
        self._clusters = clusters
        self._indexes = indexes
        self._clock = clock

    def page(self, *, start: str, top: int) -> UnknownPeople:
        """Clusters by count, most first.

        Args:
            start: the continuation of the previous page; empty: the first page.

        Raises:
            BadArgument: ``start`` is not a continuation.
        """
        after = _place(start)
        ranked = [
            _Ranked(model, entry)
            for model, index in zip(self._indexes.models, self._indexes.all(), strict=True)
            for entry in index.entries()
        ]
        following = sorted((one for one in ranked if one.key > after), key=lambda one: one.key)
        shown: list[UnknownPerson] = []
        read = 0
        while read < len(following) and len(shown) < top:
            some = following[read : read + top - len(shown)]
            read += len(some)
            shown += [self._shown(one) for one in self._existing(some)]
        continuation = None
        if read < len(following):
            count, unknown_id = following[read - 1].key
            continuation = f"{-count}.{unknown_id}"
        return UnknownPeople(shown, continuation)

    def get(self, unknown_id: str) -> tuple[UnknownPerson, Sequence[Sighting]]:
        """A cluster with its newest sightings.

        Raises:
            UnknownNotFound: there is no such cluster.
        """
        cluster = self.cluster(unknown_id)
        sightings = self._clusters.sightings(cluster)[:SIGHTINGS_SHOWN]
        return self._shown(cluster), [one for _, one in sightings]

    def cluster(self, unknown_id: str) -> Cluster:
        """A cluster.

        Raises:
            UnknownNotFound: there is no such cluster.
        """
        name = canonical_uuid(unknown_id)
        for model in self._indexes.models if name is not None else ():
            found = self._clusters.get(model, name or "")
            if found is not None:
                return found
        raise UnknownNotFound

    def forget(self, unknown_id: str, *, promoted_to: str | None = None) -> None:
        """Delete a cluster with its sightings.

        Args:
            promoted_to: the person that has its faces; None: no person has them.

        Raises:
            UnknownNotFound: there is no such cluster.
            ConcurrentOperation: it is being promoted, or was changed on every attempt.
        """
        for _ in range(_ATTEMPTS):
            try:
                cluster = self.cluster(unknown_id)
            except UnknownNotFound:
                self._finish_erasure(unknown_id)
                raise
            begun = cluster.promotion
            if begun is None or begun.person_id != promoted_to:
                self._check_is_free(cluster)
            try:
                self._clusters.erase(cluster)
                return
            except DocumentConflict:
                continue
        raise ConcurrentOperation(unknown_id)

    def _finish_erasure(self, unknown_id: str) -> None:
        """Delete what an earlier call that failed half-way has left."""
        name = canonical_uuid(unknown_id)
        for model in self._indexes.models if name is not None else ():
            left = self._clusters.unfinished(model, name or "")
            if left is not None:
                with suppress(DocumentConflict):  # Another call finishes it.
                    self._clusters.erase(left)

    def merge(self, unknown_id: str, other_id: str) -> UnknownPerson:
        """Merge two clusters under the first id.

        Raises:
            UnknownNotFound: one of them does not exist.
            BadArgument: both are the same, of different embedding models, or too many.
            ConcurrentOperation: one is being promoted, or they were changed on every attempt.
        """
        for _ in range(_ATTEMPTS):
            survivor, other = self.cluster(unknown_id), self.cluster(other_id)
            self._check_is_free(survivor)
            self._check_is_free(other)
            if survivor.unknown_id == other.unknown_id or survivor.model != other.model:
                raise BadArgument("Name two clusters with faces of one embedding model.")
            if len(survivor.parts) + len(other.parts) > MOST_PARTS:
                raise BadArgument(f"At most {MOST_PARTS} clusters can be merged into one.")
            try:
                return self._shown(self._clusters.merge(survivor, other))
            except DocumentConflict:
                continue
        raise ConcurrentOperation(unknown_id)

    def _check_is_free(self, cluster: Cluster) -> None:
        """Raise ConcurrentOperation while a promotion reads the cluster's faces."""
        begun = cluster.promotion
        if begun is not None and not is_older(begun.since, PROMOTION_LASTS, self._clock.now()):
            raise ConcurrentOperation(cluster.unknown_id)

    def _existing(self, some: Sequence[_Ranked]) -> list[Cluster]:
        """The clusters of entries, in their order; missing ones are removed from the index."""
        found: dict[str, Cluster] = {}
        for model in self._indexes.models:
            ids = [one.entry.unknown_id for one in some if one.model == model]
            for unknown_id, cluster in zip(ids, self._clusters.get_many(model, ids), strict=True):
                if cluster is None:
                    self._indexes.of(model).drop(unknown_id)
                else:
                    found[unknown_id] = cluster
        ids = [one.entry.unknown_id for one in some]
        return [found[one] for one in ids if one in found]

    def _shown(self, cluster: Cluster) -> UnknownPerson:
        """A cluster without expired sightings."""
        oldest = self._clusters.oldest()
        return UnknownPerson(
            cluster.unknown_id,
            cluster.count_since(oldest),
            max(cluster.first_seen, oldest),
            cluster.last_seen,
            tuple(one.name for one in cluster.uploads if one.seen > oldest),
        )


def _place(start: str) -> tuple[int, str]:
    """The key after which a page begins."""
    if not start:
        return -_MOST_COUNTED, ""
    count, _, unknown_id = start.partition(".")
    if not (count.isascii() and count.isdigit() and len(count) <= _MOST_DIGITS):
        raise InvalidContinuation
    if canonical_uuid(unknown_id) is None:
        raise InvalidContinuation
    return -int(count), unknown_id
