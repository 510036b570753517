"""Puts unknown faces into clusters, one after the other, as uploads are ingested."""

from __future__ import annotations

import logging
from collections.abc import Callable

from shared.domain.errors import ConcurrentOperation, DocumentConflict
from shared.domain.face.attributes import Level
from shared.domain.face.unknowns import Sighting, new_cluster
from shared.domain.identifiers import IdFactory
from shared.services.unknowns.index import MOST_CLUSTERS, UnknownIndex
from shared.storage.documents.store import DocumentContainer
from shared.storage.records.unknowns.clusters import UnknownClusters

_log = logging.getLogger(__name__)

JOINING_CONFIDENCE = 0.7
"""The mean cosine of a face with a cluster must be the cosine of this confidence, or more.

`make accuracy ACCURACY=unknowns` prints how pure the clusters are. The mean of the cosines keeps
them purer than the cosine with the normalised mean does."""

_ATTEMPTS = 20


class UnknownIndexes:
    """The index of each embedding model, made when it is first needed.

    Args:
        models: the embedding models of this deployment.
    """

    def __init__(self, container: DocumentContainer, models: tuple[str, ...]) -> None:
        self.models = models
        self._indexes = {one: UnknownIndex(container, one) for one in models}

    def of(self, model: str) -> UnknownIndex:
        """The index of a model, not refreshed."""
        return self._indexes[model]

    def all(self) -> list[UnknownIndex]:
        """All indexes, refreshed."""
        for index in self._indexes.values():
            index.refresh()
        return list(self._indexes.values())


class Clustering:
    """Puts faces into clusters. May be repeated, and side by side with other instances.

    Args:
        least_cosine: the least mean cosine by embedding model.
        most: clusters of a model from which on no other is founded.
    """

    def __init__(
        self,
        clusters: UnknownClusters,
        indexes: UnknownIndexes,
        least_cosine: Callable[[str], float],
        new_id: IdFactory,
        *,
        most: int = MOST_CLUSTERS,
    ) -> None:
        self._clusters = clusters
        self._indexes = indexes
        self._least_cosine = least_cosine
        self._new_id = new_id
        self._most = most

    def add(self, sighting: Sighting) -> str | None:
        """Put a face into the nearest cluster, or into one of its own.

        Returns:
            The cluster; None if the face was put into one before, or is of low quality and near
            none, or if there are too many clusters.

        Raises:
            ConcurrentOperation: other instances changed the clusters on every attempt.
        """
        model = sighting.embedding.model
        for _ in range(_ATTEMPTS):
            if self._clusters.is_noted(model, sighting.sighting_id):
                return None
            try:
                return self._attempt(model, sighting)
            except DocumentConflict:
                continue  # Another instance was first: read again what there is.
        raise ConcurrentOperation(sighting.sighting_id)

    def _attempt(self, model: str, sighting: Sighting) -> str | None:
        index = self._indexes.of(model)
        # Before the clusters: whatever is founded from here on makes founding another one fail.
        head = self._clusters.head(model)
        index.refresh()
        least = self._least_cosine(model)
        while (nearest := index.nearest(sighting.embedding.vector, least)) is not None:
            cluster = self._clusters.get(model, nearest.unknown_id)
            if cluster is not None:
                self._clusters.add(cluster, sighting, nearest.part_id)
                return nearest.unknown_id
            index.drop(nearest.unknown_id)
        if sighting.quality is Level.LOW:
            return None
        if len(index) >= self._most:
            _log.warning("too many clusters of unknown faces", extra={"clusters": len(index)})
            return None
        cluster = new_cluster(self._new_id(), sighting)
        self._clusters.found(cluster, sighting, head=head)
        return cluster.unknown_id
