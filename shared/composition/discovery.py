"""Discovery: what enrolled faces say about each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.composition.galleries import GalleryPart
from shared.composition.platform.foundation import Foundation
from shared.composition.platform.locked_cached_property import locked_cached_property
from shared.composition.platform.storage import StoragePart
from shared.composition.vision import VisionPart

if TYPE_CHECKING:
    from shared.services.duplicates.duplicates import Duplicates


class DiscoveryPart:
    """Discovery: what enrolled faces say about each other.

    Raises:
        InvalidSettings: from any member, on first use, if the environment is not usable.
    """

    def __init__(
        self,
        foundation: Foundation,
        storage: StoragePart,
        vision: VisionPart,
        galleries: GalleryPart,
    ) -> None:
        self._foundation = foundation
        self._storage = storage
        self._vision = vision
        self._galleries = galleries

    @locked_cached_property
    def duplicates(self) -> Duplicates:
        """Persons who look like one, and persons who look like two."""
        from shared.services.duplicates.duplicates import Duplicates
        from shared.services.duplicates.scopes import PersonScopes

        scopes = PersonScopes(
            self._galleries.trained,
            self._storage.people,
            self._galleries.directory,
            self._storage.directory,
        )
        return Duplicates(scopes, self._vision.comparison, self._foundation.clock)
