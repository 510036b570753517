"""Periodic upkeep of clusters: removes expired sightings and finishes interrupted erasures.

Sightings expire in the store. A cluster that gets new ones does not, so that the sum of its vectors
is recomputed without the expired ones.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from shared.domain.clock import Clock
from shared.domain.errors import DocumentConflict
from shared.domain.face.unknowns import day_of
from shared.storage.documents.limits import LIVES_FOREVER
from shared.storage.documents.pages import pages_of
from shared.storage.documents.store import Document, Key, read_time, stored_time
from shared.storage.records.unknowns.clusters import UnknownClusters
from shared.storage.records.unknowns.documents import CLUSTER_PREFIX, partition_of

_log = logging.getLogger(__name__)

PERIOD = timedelta(hours=6)
"""Time between two rounds, over all instances."""

ROUND_LASTS = timedelta(minutes=15)
"""A round that has not ended after this time is done again."""

_ROUNDS = "upkeep"


class UnknownUpkeep:
    """Does one round per period, on one instance.

    Args:
        models: the embedding models of this deployment.
    """

    def __init__(self, clusters: UnknownClusters, models: tuple[str, ...], clock: Clock) -> None:
        self._clusters = clusters
        self._models = models
        self._clock = clock

    def step(self) -> None:
        """Do a round, if one is due."""
        for model in self._models:
            began = self._clock.now()
            if self._is_due(model):
                done = sum(self._mend(model, document) for document in self._walk(model))
                self._record(model, began)
                _log.info("unknown faces swept", extra={"clusters": done})

    def _is_due(self, model: str) -> bool:
        """Whether this instance must do the round, which no other one does for some minutes."""
        container, now = self._clusters.container, self._clock.now()
        key, body = _rounds(model), {"since": stored_time(now - PERIOD + ROUND_LASTS)}
        found = container.get(key)
        try:
            if found is None:
                container.create(key, body, ttl=LIVES_FOREVER)
            elif now - PERIOD < read_time(found.body["since"]) <= now:
                return False
            else:
                container.replace(key, body, etag=found.etag, ttl=LIVES_FOREVER)
        except DocumentConflict:
            return False  # Another instance does the round.
        return True

    def _record(self, model: str, began: datetime) -> None:
        """Record a round that is done; one that failed is repeated before the period is over."""
        body = {"since": stored_time(began)}
        self._clusters.container.replace(_rounds(model), body, ttl=LIVES_FOREVER)

    def _walk(self, model: str) -> Iterator[Document]:
        for page in pages_of(
            self._clusters.container,
            partition_of(model),
            prefix=CLUSTER_PREFIX,
            members=("days", "erasing"),
        ):
            yield from page

    def _mend(self, model: str, document: Document) -> bool:
        """Repair one cluster; whether there was something to do and no other instance did it."""
        unknown_id = document.key.id.removeprefix(CLUSTER_PREFIX)
        oldest = self._clusters.oldest()
        try:
            if document.body["erasing"]:
                unfinished = self._clusters.unfinished(model, unknown_id)
                if unfinished is not None:
                    self._clusters.erase(unfinished)
                return True
            if min(document.body["days"], default="") >= day_of(oldest):
                return False
            cluster = self._clusters.get(model, unknown_id)
            sightings = [] if cluster is None else self._clusters.sightings(cluster)
            if cluster is not None and sightings:
                self._clusters.write(cluster.rebuilt(sightings, oldest))
            return True
        except DocumentConflict:
            return False  # It was changed meanwhile: the next round reads it again.


def _rounds(model: str) -> Key:
    """The document that says when the last round was."""
    return Key(partition_of(model), _ROUNDS)
