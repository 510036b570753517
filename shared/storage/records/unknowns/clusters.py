"""Reads and writes clusters of unknown faces with their sightings.

A new cluster is stored only if no other was stored since its writer read the clusters: the same
batch replaces one document, the head, under the ETag that was read before them. Two instances that
see the same person at the same time therefore create one cluster; the second reads the clusters
again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from shared.domain.clock import Clock
from shared.domain.errors import DocumentChanged, DocumentConflict, DocumentExists
from shared.domain.face.unknowns import Cluster, Sighting
from shared.storage.documents.limits import LIVES_FOREVER
from shared.storage.documents.store import (
    MAXIMUM_BATCH_OPERATIONS,
    Create,
    Delete,
    DocumentContainer,
    Key,
    Operation,
    Replace,
    read_time,
)
from shared.storage.records.unknowns.documents import (
    CLUSTER_PREFIX,
    cluster_body,
    cluster_key,
    head_key,
    part_of,
    partition_of,
    place_body,
    place_id,
    read_cluster,
    read_sighting,
    sighting_body,
    sighting_id,
    sighting_prefix,
)

STORED_OF_A_PART = 200
"""Maximum number of sightings stored under one id; a new one replaces the oldest."""

_SPARE_SECONDS = 2
"""Cosmos DB counts whole seconds from the beginning of the second of the write."""


class UnknownClusters:
    """The clusters of all embedding models.

    Args:
        retention: how long a sighting is kept.
    """

    def __init__(self, container: DocumentContainer, retention: timedelta, clock: Clock) -> None:
        self._container = container
        self._retention = retention
        self._clock = clock

    @property
    def container(self) -> DocumentContainer:
        """The container of the clusters."""
        return self._container

    def oldest(self) -> datetime:
        """The time of the oldest sighting that has not expired."""
        return self._clock.now() - self._retention

    def head(self, model: str) -> str:
        """The ETag of the head; to be read before the clusters."""
        key = head_key(model)
        found = self._container.get(key)
        if found is None:
            try:
                found = self._container.create(key, {"founded": 0}, ttl=LIVES_FOREVER)
            except DocumentExists:
                return self.head(model)
        return found.etag

    def get(self, model: str, unknown_id: str) -> Cluster | None:
        """A cluster that exists; None if it does not, has expired or is deleted."""
        return self.get_many(model, [unknown_id])[0]

    def get_many(self, model: str, unknown_ids: Sequence[str]) -> list[Cluster | None]:
        """Like ``get``, for up to 1,000 ids."""
        keys = [cluster_key(model, one) for one in unknown_ids]
        oldest = self.oldest()
        clusters = [
            None if one is None else read_cluster(one) for one in self._container.get_many(keys)
        ]
        return [
            one if one is not None and not one.erasing and one.last_seen > oldest else None
            for one in clusters
        ]

    def was_stored(self, model: str, sighting: str) -> bool:
        """Whether a sighting has ever been stored, even if it is gone."""
        return self._container.get(Key(partition_of(model), place_id(sighting))) is not None

    def create(self, cluster: Cluster, sighting: Sighting, *, head: str) -> None:
        """Store a new cluster with its first sighting.

        Args:
            head: the ETag of the head, read before the clusters.

        Raises:
            DocumentConflict: a cluster was created since, or the sighting has been stored.
        """
        self._container.batch(
            partition_of(cluster.model),
            [
                Replace(head_key(cluster.model).id, {"founded": 1}, head, LIVES_FOREVER),
                Create(
                    cluster_key(cluster.model, cluster.unknown_id).id,
                    cluster_body(cluster),
                    self._ttl(cluster.last_seen),
                ),
                *self._noted(cluster.unknown_id, sighting),
            ],
        )

    def add(self, before: Cluster, sighting: Sighting, part_id: str) -> None:
        """Store a sighting of a cluster, in one of its parts.

        Raises:
            DocumentConflict: the cluster was changed or is gone, or the sighting has been stored.
        """
        part, trimmed = before.part(part_id), None
        if part is None:
            raise DocumentChanged(part_id)
        operations = self._noted(part_id, sighting)
        if part.weight >= STORED_OF_A_PART:
            oldest = self._container.page(
                partition_of(before.model), prefix=sighting_prefix(part_id), limit=1
            )
            if oldest:
                trimmed = read_sighting(oldest[0])
                operations.append(Delete(oldest[0].key.id))
        after = before.with_sighting(sighting, part_id, trimmed)
        self._container.batch(partition_of(before.model), [self._replaced(after), *operations])

    def sightings(self, cluster: Cluster) -> list[tuple[str, Sighting]]:
        """All stored sightings with their parts, newest first."""
        oldest = self.oldest()
        found = [
            (part_of(document), read_sighting(document))
            for part in cluster.parts
            for document in self._container.page(
                partition_of(cluster.model), prefix=sighting_prefix(part.part_id)
            )
        ]
        living = [pair for pair in found if pair[1].seen > oldest]
        return sorted(living, key=lambda pair: (pair[1].seen, pair[1].sighting_id), reverse=True)

    def write(self, cluster: Cluster) -> Cluster:
        """Replace a cluster under the ETag it was read with.

        Raises:
            DocumentConflict: it was changed or is gone.
        """
        written = self._container.replace(
            cluster_key(cluster.model, cluster.unknown_id),
            cluster_body(cluster),
            etag=cluster.etag,
            ttl=self._ttl(cluster.last_seen),
        )
        return replace(cluster, etag=written.etag)

    def merge(self, survivor: Cluster, other: Cluster) -> Cluster:
        """Merge two clusters atomically; the sightings stay where they are.

        Raises:
            DocumentConflict: one of them was changed or is gone.
        """
        both = survivor.merged_with(other)
        gone = Delete(cluster_key(other.model, other.unknown_id).id, other.etag)
        self._container.batch(partition_of(survivor.model), [self._replaced(both), gone])
        return both

    def erase(self, cluster: Cluster) -> None:
        """Delete a cluster and its sightings. May be repeated after a failure.

        The first write marks the cluster; from then on no answer includes it.

        Raises:
            DocumentConflict: it was changed or is gone.
        """
        marked = cluster if cluster.erasing else self.write(replace(cluster, erasing=True))
        partition = partition_of(marked.model)
        for part in marked.parts:
            while some := self._container.page(
                partition,
                prefix=sighting_prefix(part.part_id),
                limit=MAXIMUM_BATCH_OPERATIONS,
                members=(),
            ):
                try:
                    self._container.batch(partition, [Delete(one.key.id) for one in some])
                except DocumentConflict:
                    continue  # Another erasure deletes too, or one has expired: read what is left.
        self._container.delete(cluster_key(marked.model, marked.unknown_id), etag=marked.etag)

    def unfinished(self, model: str, unknown_id: str) -> Cluster | None:
        """A cluster that is marked for deletion, but not deleted yet; None if there is none."""
        found = self._container.get(cluster_key(model, unknown_id))
        cluster = None if found is None else read_cluster(found)
        return cluster if cluster is not None and cluster.erasing else None

    def place(self, model: str, sighting: str) -> tuple[str, Sighting | None] | None:
        """The part of a sighting, and the sighting if it is stored; None if it never was."""
        found = self._container.get(Key(partition_of(model), place_id(sighting)))
        if found is None:
            return None
        part, seen = found.body["part"], read_time(found.body["seen"])
        key = Key(partition_of(model), sighting_id(part, seen, sighting))
        stored = self._container.get(key)
        return part, None if stored is None else read_sighting(stored)

    def remove(self, before: Cluster, part: str, sighting: Sighting) -> None:
        """Delete every trace of a sighting, and its cluster with the last one.

        Raises:
            DocumentConflict: the cluster was changed or is gone.
        """
        after = before.without_sighting(sighting, part)
        cluster: Operation = self._replaced(after)
        if not after.parts:
            cluster = Delete(cluster_key(before.model, before.unknown_id).id, before.etag)
        stored = Delete(sighting_id(part, sighting.seen, sighting.sighting_id))
        noted = Delete(place_id(sighting.sighting_id))
        self._container.batch(partition_of(before.model), [cluster, stored, noted])

    def forget_place(self, model: str, sighting: str) -> None:
        """Delete the document that says where a sighting is.

        Raises:
            DocumentMissing: there is none.
        """
        self._container.delete(Key(partition_of(model), place_id(sighting)))

    def _noted(self, part: str, sighting: Sighting) -> list[Operation]:
        ttl = self._ttl(sighting.seen)
        place = place_body(part, sighting.seen)
        return [
            Create(
                sighting_id(part, sighting.seen, sighting.sighting_id),
                sighting_body(sighting),
                ttl,
            ),
            Create(place_id(sighting.sighting_id), place, ttl),
        ]

    def _replaced(self, cluster: Cluster) -> Replace:
        return Replace(
            CLUSTER_PREFIX + cluster.unknown_id,
            cluster_body(cluster),
            cluster.etag,
            self._ttl(cluster.last_seen),
        )

    def _ttl(self, seen: datetime) -> int:
        remaining = (seen - self.oldest()).total_seconds()
        return max(1, int(remaining) + _SPARE_SECONDS)
