"""Galleries: the data that searches read, and its caches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.composition.platform.foundation import Foundation
from shared.composition.platform.locked_cached_property import locked_cached_property
from shared.composition.platform.storage import StoragePart
from shared.composition.training import TrainingPart

if TYPE_CHECKING:
    from shared.gallery.snapshots.cache import SnapshotCache
    from shared.services.galleries.directory_gallery import DirectoryGallery
    from shared.services.galleries.followed_marks import FollowedMarks
    from shared.services.galleries.galleries import Galleries
    from shared.services.galleries.live_face_lists import LiveFaceLists


@dataclass(frozen=True, eq=False)
class GalleryPart:
    """Galleries: the data that searches read, and its caches.

    Raises:
        InvalidSettings: from any member, on first use, if the environment is not usable.
    """

    _foundation: Foundation
    _storage: StoragePart
    _training: TrainingPart

    @locked_cached_property
    def trained(self) -> Galleries:
        """Galleries of trained collections."""
        from shared.services.galleries.galleries import Galleries
        from shared.services.galleries.index_selector import IndexSelector
        from shared.services.galleries.outdated import OutdatedSnapshots

        vectors = self._storage.vectors
        trained = self.snapshots if vectors is None else IndexSelector(self.snapshots, vectors)
        return Galleries(
            self._storage.collections,
            self._storage.trainings,
            self.followed_marks,
            trained,
            self._training.runs.restore,
            OutdatedSnapshots(self._storage.tasks, self._storage.queues, self._foundation.clock),
        )

    @locked_cached_property
    def followed_marks(self) -> FollowedMarks:
        """Marks of deleted persons and faces, as searches follow them."""
        from shared.services.galleries.followed_marks import FollowedMarks

        return FollowedMarks(self._storage.marks)

    @locked_cached_property
    def directory(self) -> DirectoryGallery:
        """Galleries of the person directory."""
        from shared.services.galleries.directory_cohort import DirectoryCohort
        from shared.services.galleries.directory_copies import copies_of
        from shared.services.galleries.directory_gallery import DirectoryGallery
        from shared.storage.layout import PEOPLE

        return DirectoryGallery(
            self._storage.collections,
            self._storage.directory,
            self._storage.memberships,
            self._storage.deletions,
            copies_of(self._storage.store.container(PEOPLE), self._foundation.clock),
            DirectoryCohort(self._foundation.identification_fits),
        )

    @locked_cached_property
    def snapshots(self) -> SnapshotCache:
        """Snapshots on local disk."""
        from shared.gallery.snapshots.cache import SnapshotCache
        from shared.services.training.builder import BlobSnapshots

        return SnapshotCache(
            self._foundation.settings.data_directory / "cache" / "snapshots",
            BlobSnapshots(self._storage.blobs),
            maximum_bytes=self._foundation.settings.cache_maximum_bytes,
        )

    @locked_cached_property
    def live_lists(self) -> LiveFaceLists:
        """Faces of face lists in memory."""
        from shared.services.galleries.live_face_lists import LiveFaceLists

        return LiveFaceLists(self._storage.listed_faces)
