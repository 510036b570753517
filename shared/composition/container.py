"""The container: builds every object of the service, lazily, and wires them together.

It is composed of parts, each of which knows only the parts that it needs. Imports are inside the
builders: `function_app` must load without numpy, onnxruntime and the Azure SDKs, and an instance
that analyses no image never loads a model.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from shared.api.health import Health
from shared.composition.deletion import DeletionPart
from shared.composition.discovery import DiscoveryPart
from shared.composition.enrolment import EnrolmentPart
from shared.composition.galleries import GalleryPart
from shared.composition.platform.access import AccessPart
from shared.composition.platform.foundation import Foundation
from shared.composition.platform.locked_cached_property import locked_cached_property
from shared.composition.platform.storage import StoragePart
from shared.composition.recognition import RecognitionPart
from shared.composition.training import TrainingPart
from shared.composition.uploads import UploadPart
from shared.composition.vision import VisionPart
from shared.domain.clock import Clock
from shared.domain.identifiers import IdFactory, random_id
from shared.settings.service import Settings

if TYPE_CHECKING:
    from shared.services.maintenance import Maintenance


class Container:
    """Everything that the triggers call. Each object is built once, when it is first needed.

    Raises:
        InvalidSettings: from any member of a part, on first use, if the environment is not usable.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        clock: Clock | None = None,
        new_id: IdFactory = random_id,
    ) -> None:
        self.foundation = Foundation(environment, clock=clock, new_id=new_id)
        self.storage = StoragePart(self.foundation)
        self.access = AccessPart(self.foundation, self.storage)
        self.vision = VisionPart(self.foundation, self.storage)
        self.training = TrainingPart(self.foundation, self.storage)
        self.galleries = GalleryPart(self.foundation, self.storage, self.training)
        self.deletion = DeletionPart(self.foundation, self.storage, self.training, self.galleries)
        self.recognition = RecognitionPart(
            self.foundation, self.storage, self.vision, self.galleries
        )
        self.enrolment = EnrolmentPart(
            self.foundation, self.storage, self.vision, self.deletion, self.recognition
        )
        self.discovery = DiscoveryPart(
            self.foundation, self.storage, self.vision, self.galleries, self.enrolment
        )
        self.uploads = UploadPart(
            self.foundation,
            self.storage,
            self.vision,
            self.recognition,
            self.deletion,
            self.training,
            self.enrolment,
            self.discovery,
        )

    @property
    def settings(self) -> Settings:
        """The service's settings."""
        return self.foundation.settings

    def close(self) -> None:
        """Close the database and the connections to storage, as far as they were opened."""
        self.storage.close()

    @locked_cached_property
    def health(self) -> Health:
        """Health of this instance."""
        # A model that cannot be loaded is a finding of the check, not a fault of this method.
        checks = (lambda: self.vision.check(), self.storage.check_writable)
        return Health(checks, self.foundation.clock)

    @locked_cached_property
    def maintenance(self) -> Maintenance:
        """Periodic maintenance."""
        from shared.services.maintenance import Maintenance
        from shared.services.pending_work import PendingWork

        pending = PendingWork(
            self.storage.tasks,
            self.storage.queues,
            self.deletion.erasure,
            self.deletion.purge,
            self.training.runs,
            self.training.when_quiet,
            self.foundation.clock,
        )
        return Maintenance(
            self.deletion.housekeeping,
            self.uploads.reconciliation,
            pending,
            self.deletion.repair,
            self.deletion.unowned_data,
            self.storage.queues,
            self.storage.deletions,
            self.discovery.unknown_upkeep,
        )


class _Process:
    """Holds the one container of the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._container: Container | None = None

    def root(self) -> Container:
        """The container, built from the environment on first use."""
        with self._lock:
            if self._container is None:
                self._container = Container(os.environ)
            return self._container


root = _Process().root
"""The container of the process, the only global of the service."""
