"""Settings, clock and ids, which every part of the composition needs."""

from __future__ import annotations

from collections.abc import Mapping

from shared.composition.platform.locked_cached_property import locked_cached_property
from shared.domain.clock import Clock, SystemClock
from shared.domain.identifiers import IdFactory, RequestIds, random_id
from shared.domain.models import IdentificationFit
from shared.settings.service import Settings


class Foundation:
    """The environment of a process.

    Attributes:
        environment: environment variables.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        clock: Clock | None = None,
        new_id: IdFactory = random_id,
    ) -> None:
        self.environment = environment
        self.clock = clock or SystemClock()
        self.new_id = RequestIds(new_id)

    @locked_cached_property
    def settings(self) -> Settings:
        """The service's settings.

        Raises:
            InvalidSettings: the environment is not usable.
        """
        return Settings.from_environment(self.environment)

    @locked_cached_property
    def identification_fits(self) -> dict[str, IdentificationFit]:
        """The fit of identification by embedding model.

        Raises:
            InvalidModel: the model manifest is not usable.
        """
        from shared.vision.custom_model import custom_fit
        from shared.vision.runtime.manifest import Task, load_manifest

        recognition = load_manifest().first(Task.RECOGNITION)
        fits = {recognition.name: recognition.identification}
        custom = self.settings.custom_model
        if custom is not None:
            fits[custom.embedding_model] = custom_fit(custom)
        return {model: fit for model, fit in fits.items() if fit is not None}
