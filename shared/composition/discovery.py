"""Discovery: duplicates among enrolled faces, and clusters of unknown faces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from shared.composition.enrolment import EnrolmentPart
from shared.composition.galleries import GalleryPart
from shared.composition.platform.foundation import Foundation
from shared.composition.platform.locked_cached_property import locked_cached_property
from shared.composition.platform.storage import StoragePart
from shared.composition.vision import VisionPart
from shared.domain.errors import UnsupportedFeature

if TYPE_CHECKING:
    from shared.services.duplicates.background import DuplicateSearches
    from shared.services.duplicates.duplicates import Duplicates
    from shared.services.duplicates.scopes import PersonScopes
    from shared.services.unknowns.clustering import UnknownIndexes
    from shared.services.unknowns.promotion import UnknownPromotion
    from shared.services.unknowns.unknowns import Unknowns
    from shared.services.unknowns.upkeep import UnknownUpkeep
    from shared.services.uploads.unknown_faces import UnknownFaces
    from shared.storage.records.unknowns.clusters import UnknownClusters

_NOT_KEPT = (
    "This service keeps no unknown faces. The operator can set FACE_UNKNOWN_RETENTION_DAYS to the"
    " number of days for which it is to keep them."
)


@dataclass(frozen=True, eq=False)
class DiscoveryPart:
    """Discovery: duplicates among enrolled faces, and clusters of unknown faces.

    Raises:
        InvalidSettings: from any member, on first use, if the environment is not usable.
    """

    _foundation: Foundation
    _storage: StoragePart
    _vision: VisionPart
    _galleries: GalleryPart
    _enrolment: EnrolmentPart

    @locked_cached_property
    def duplicates(self) -> Duplicates:
        """Finds two persons with one person's faces, and one person with two people's."""
        from shared.services.duplicates.duplicates import Duplicates

        return Duplicates(
            self._scopes,
            self.duplicate_searches,
            self._vision.comparison,
            self._foundation.clock,
        )

    @locked_cached_property
    def duplicate_searches(self) -> DuplicateSearches:
        """Searches for duplicates in large collections."""
        from shared.services.duplicates.background import DuplicateSearches

        return DuplicateSearches(
            self._storage.duplicate_searches,
            self._scopes,
            self._vision.comparison,
            self._storage.queues,
            self._foundation.clock,
        )

    @locked_cached_property
    def _scopes(self) -> PersonScopes:
        from shared.services.duplicates.scopes import PersonScopes

        return PersonScopes(
            self._galleries.trained,
            self._storage.people,
            self._galleries.directory,
            self._storage.directory,
        )

    @property
    def unknowns(self) -> Unknowns:
        """Clusters of unknown faces.

        Raises:
            UnsupportedFeature: none are kept.
        """
        from shared.services.unknowns.unknowns import Unknowns

        return Unknowns(self._kept_clusters(), self._indexes, self._foundation.clock)

    @property
    def promotion(self) -> UnknownPromotion:
        """Makes persons of clusters.

        Raises:
            UnsupportedFeature: none are kept.
        """
        from shared.services.unknowns.promotion import UnknownPromotion

        return UnknownPromotion(
            self.unknowns,
            self._kept_clusters(),
            self._enrolment.collections,
            self._enrolment.persons,
            self._enrolment.person_directory,
            self._vision.embedding_model_of,
            self._foundation.new_id,
            self._foundation.clock,
        )

    @locked_cached_property
    def unknown_faces(self) -> UnknownFaces | None:
        """What ingestion does with unknown faces; None if none are kept."""
        if self._clusters is None:
            return None
        from shared.services.unknowns.clustering import JOINING_CONFIDENCE, Clustering
        from shared.services.unknowns.uploads import UnknownsOfUploads
        from shared.storage.layout import UPLOADS
        from shared.storage.records.unknowns.uploads import NotedUploads

        blobs, comparison = self._storage.blobs, self._vision.comparison
        indexes = self._indexes
        clustering = Clustering(
            self._clusters,
            indexes,
            lambda model: comparison.least_cosine(model, JOINING_CONFIDENCE),
            self._foundation.new_id,
        )
        return UnknownsOfUploads(
            clustering,
            self._clusters,
            indexes,
            NotedUploads(self._clusters.container, self._retention),
            lambda name: blobs.properties(UPLOADS, name) is not None,
            self._foundation.clock,
        )

    @locked_cached_property
    def unknown_upkeep(self) -> UnknownUpkeep | None:
        """Periodic upkeep of clusters; None if none are kept."""
        if self._clusters is None:
            return None
        from shared.services.unknowns.upkeep import UnknownUpkeep

        return UnknownUpkeep(self._clusters, self._vision.embedding_models, self._foundation.clock)

    def _kept_clusters(self) -> UnknownClusters:
        if self._clusters is None:
            raise UnsupportedFeature(_NOT_KEPT)
        return self._clusters

    @locked_cached_property
    def _clusters(self) -> UnknownClusters | None:
        if not self._retention:
            return None
        from shared.storage.layout import UNKNOWNS
        from shared.storage.records.unknowns.clusters import UnknownClusters

        container = self._storage.store.container(UNKNOWNS)
        return UnknownClusters(container, self._retention, self._foundation.clock)

    @locked_cached_property
    def _indexes(self) -> UnknownIndexes:
        from shared.services.unknowns.clustering import UnknownIndexes
        from shared.storage.layout import UNKNOWNS

        container = self._storage.store.container(UNKNOWNS)
        return UnknownIndexes(container, self._vision.embedding_models)

    @property
    def _retention(self) -> timedelta:
        return timedelta(days=self._foundation.settings.unknown_retention_days)
