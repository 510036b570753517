"""What identification was fitted to: which models' scores are normalised."""

from __future__ import annotations

from shared.domain.models import IdentificationFit
from shared.settings.service import Settings


def identification_fits(settings: Settings) -> dict[str, IdentificationFit]:
    """Embedding model to its fit.

    Raises:
        InvalidModel: the model manifest is not usable.
    """
    from shared.vision.runtime.manifest import Task, load_manifest

    recognition = load_manifest().first(Task.RECOGNITION)
    fit = recognition.identification
    return {} if fit is None else {recognition.name: fit}
