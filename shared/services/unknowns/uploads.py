"""Adds the faces of uploads that match no person of the searched group to clusters."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from typing import ClassVar

from shared.domain.clock import Clock
from shared.domain.errors import ConcurrentOperation, DocumentConflict
from shared.domain.face.attributes import Attribute, Level
from shared.domain.face.unknowns import Sighting, UploadVersion
from shared.domain.identifiers import derived_id
from shared.domain.values import Candidate, SeenFace
from shared.services.queue_policy import UPLOAD_RECONCILED_FOR
from shared.services.unknowns.clustering import Clustering, UnknownIndexes
from shared.storage.records.unknowns.clusters import UnknownClusters
from shared.storage.records.unknowns.uploads import NotedUpload, NotedUploads

_log = logging.getLogger(__name__)

_NAMESPACE = "a5b1a1a3-5d5c-4b43-9d5e-2d6f1a0f7c17"
_ATTEMPTS = 20


class UnknownsOfUploads:
    """Adds unknown faces of uploads to clusters, and removes them with their upload.

    Args:
        exists: whether an upload exists.
    """

    attributes: ClassVar[Collection[Attribute]] = (Attribute.QUALITY,)
    """The attributes of each face that the analysis must return."""

    def __init__(
        self,
        clustering: Clustering,
        clusters: UnknownClusters,
        indexes: UnknownIndexes,
        noted: NotedUploads,
        exists: Callable[[str], bool],
        clock: Clock,
    ) -> None:
        self._clustering = clustering
        self._clusters = clusters
        self._indexes = indexes
        self._noted = noted
        self._exists = exists
        self._clock = clock

    def note(
        self,
        upload: UploadVersion,
        seen: Sequence[SeenFace],
        candidates: Sequence[Sequence[Candidate]],
    ) -> None:
        """Add the faces without candidates to clusters. May be repeated.

        Later calls for a version of an upload only add the faces that the first call found unknown:
        a person who was deleted meanwhile must not be added as unknown. For the same reason uploads
        older than a day are skipped.

        Args:
            candidates: the candidates of each face.

        Raises:
            ConcurrentOperation: other instances changed the clusters on every attempt.
        """
        oldest = max(self._clusters.oldest(), self._clock.now() - UPLOAD_RECONCILED_FOR)
        unknown = [
            _sighting(upload, number, face)
            for number, (face, some) in enumerate(zip(seen, candidates, strict=True))
            if not some
        ]
        if not seen or upload.modified <= oldest:
            return
        model = "" if seen[0].embedding is None else seen[0].embedding.model
        wanted = NotedUpload(upload.digest, model, tuple(one.sighting_id for one in unknown))
        noted = self._noted.note(upload.name, wanted)
        for one in unknown:
            if one.sighting_id in noted.sightings:
                self._clustering.add(one)
        _log.info("unknown faces", extra={"faces": len(noted.sightings)})
        if not self._exists(upload.name):
            self._remove_all(noted)  # What its deletion found noted, it has deleted.
            self.forget(upload.name)

    def forget(self, upload: str) -> None:
        """Remove the faces of an upload from their clusters.

        Raises:
            ConcurrentOperation: other instances changed a cluster on every attempt.
        """
        for noted in self._noted.of(upload):
            self._remove_all(noted)
            self._noted.forget(upload, noted)

    def _remove_all(self, noted: NotedUpload) -> None:
        if noted.model in self._indexes.models:
            for sighting in noted.sightings:
                self._remove(noted.model, sighting)

    def _remove(self, model: str, sighting_id: str) -> None:
        for _ in range(_ATTEMPTS):
            place = self._clusters.place(model, sighting_id)
            if place is None:
                return
            part, sighting = place
            index = self._indexes.of(model)
            index.refresh()
            owner = index.owner_of(part)
            cluster = None if owner is None else self._clusters.get(model, owner)
            try:
                if cluster is None or sighting is None:
                    self._clusters.forget_place(model, sighting_id)
                else:
                    self._clusters.remove(cluster, part, sighting)
                return
            except DocumentConflict:
                continue  # The cluster was changed: read it again.
        raise ConcurrentOperation(sighting_id)


def _sighting(upload: UploadVersion, number: int, face: SeenFace) -> Sighting:
    if face.embedding is None:
        raise LookupError("The face was not embedded.")
    quality = None if face.attributes is None else face.attributes.quality
    return Sighting(
        derived_id(_NAMESPACE, f"{upload.digest}:{number}"),
        upload.name,
        upload.modified,
        face.detection.rectangle,
        quality or Level.LOW,
        face.embedding,
    )
