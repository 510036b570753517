"""What findings mean: the part of the composition between vision and the services."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from shared.composition.access import AccessRoot
from shared.composition.locked_cached_property import locked_cached_property
from shared.domain.errors import InvalidModel

if TYPE_CHECKING:
    from shared.services.recognition.candidate_rule import CandidateRule
    from shared.services.recognition.comparison import Comparison
    from shared.vision.embedder import Embedder


class ComparisonRoot(AccessRoot):
    """How faces are compared, and who of the nearest is proposed.

    Raises:
        InvalidSettings: from any member, on first use, if the environment is not usable.
        InvalidModel: likewise, if the model manifest or the operator's model is not usable.
    """

    @locked_cached_property
    def _comparison(self) -> Comparison:
        from shared.services.recognition.comparison import Comparison
        from shared.vision.confidence import ConfidenceCurve
        from shared.vision.runtime.manifest import Task, load_manifest

        recognition, own = load_manifest().first(Task.RECOGNITION), self.settings.custom_model
        curves = {recognition.name: ConfidenceCurve(recognition.confidence)}
        if own is not None:
            curves[own.embedding_model] = ConfidenceCurve(own.confidence)
        return Comparison(curves)

    @locked_cached_property
    def _custom_embedder(self) -> Embedder | None:
        own = self.settings.custom_model
        if own is None:
            return None
        from shared.vision.custom_model import load_custom_embedder

        return load_custom_embedder(own, self._custom_content(own.file))

    def _custom_content(self, file: str) -> bytes:
        if not file.startswith("blob:"):
            try:
                return Path(file).read_bytes()
            except OSError as error:
                raise InvalidModel(f"FACE_MODEL_FILE {file}: {error.strerror}.") from error
        container, _, name = file.removeprefix("blob:").partition("/")
        content = self._blobs.read(container, name)
        if content is None:
            raise InvalidModel(f"FACE_MODEL_FILE: there is no blob {name} in {container}.")
        return content

    @locked_cached_property
    def _candidate_rule(self) -> CandidateRule:
        from shared.services.recognition.candidate_rule import CandidateRule

        return CandidateRule(self.settings.identify_margin)
