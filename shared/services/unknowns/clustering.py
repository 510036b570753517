"""Adds unknown faces to clusters one by one, as uploads are ingested."""

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
"""A face joins a cluster if its mean cosine with it has at least this confidence.

`make accuracy ACCURACY=unknowns` prints the purity of the clusters; it is higher with the mean of
the cosines than with the cosine of the normalised mean."""

_ATTEMPTS = 20


class UnknownIndexes:
    """The index of each embedding model, created when it is first needed.

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
    """Adds faces to clusters. Calls may be repeated, also by other instances concurrently.

    Args:
        least_cosine: minimum mean cosine by embedding model.
        most: maximum number of clusters of a model.
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
        """Add a face to the nearest cluster, or to a new one.

        Returns:
            The cluster; None if the face has been added before, if it has low quality and no
            cluster is near, or if there are too many clusters.

        Raises:
            ConcurrentOperation: other instances changed the clusters on every attempt.
        """
        model = sighting.embedding.model
        for _ in range(_ATTEMPTS):
            if self._clusters.was_stored(model, sighting.sighting_id):
                return None
            try:
                return self._attempt(model, sighting)
            except DocumentConflict:
                continue  # Another instance changed the clusters: read them again.
        raise ConcurrentOperation(sighting.sighting_id)

    def _attempt(self, model: str, sighting: Sighting) -> str | None:
        index = self._indexes.of(model)
        # Read before the clusters, so that a cluster created from here on makes another creation
        # fail.
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
        self._clusters.create(cluster, sighting, head=head)
        return cluster.unknown_id
