"""A confidence curve whose values tests can compute in their head."""

from __future__ import annotations


class CosineCurve:
    """A ConfidenceCurve that returns the cosine itself, and 0 where that is negative."""

    def confidence(self, cosine: float) -> float:
        """See ConfidenceCurve."""
        return max(0.0, cosine)

    def cosine(self, confidence: float) -> float:
        """See ConfidenceCurve."""
        return confidence
