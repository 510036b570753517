"""What findings mean: the part of the composition between vision and the services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.composition_access import AccessRoot
from shared.lazily import lazily

if TYPE_CHECKING:
    from shared.services.candidate_rule import CandidateRule
    from shared.services.comparison import Comparison


class ComparisonRoot(AccessRoot):
    """How faces are compared, and who of the nearest is proposed.

    Raises:
        InvalidSettings: from any member, on first use, if the environment is not usable.
        InvalidModel: likewise, if the model manifest is not usable.
    """

    @lazily
    def _comparison(self) -> Comparison:
        from shared.services.comparison import Comparison
        from shared.vision.confidence import ConfidenceCurve
        from shared.vision.manifest import Task, load_manifest

        recognition = load_manifest().first(Task.RECOGNITION)
        return Comparison({recognition.name: ConfidenceCurve(recognition.confidence)})

    @lazily
    def _candidate_rule(self) -> CandidateRule:
        from shared.services.candidate_rule import CandidateRule

        return CandidateRule(self.settings.identify_margin)
