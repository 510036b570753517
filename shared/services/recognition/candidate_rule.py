"""Selects candidates among the nearest persons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.domain.values import Candidate

_DIGITS = 5
"""Digits of a confidence; differences of two are rounded to as many."""


@dataclass(frozen=True, slots=True)
class CandidateRule:
    """The threshold, and the margin by which the best person must lead.

    A face that resembles two persons almost equally gets no candidate, because recognition
    confuses parents, children and siblings. The second-best person is considered even if it does
    not reach the threshold, and however many candidates the caller requests. A group of one person
    has no second-best.

    Attributes:
        margin: minimum difference of confidence, 0 to 1, between the best and the second-best
            person; if it is less, there is no candidate. 0: no such rule, as in Azure.
    """

    margin: float = 0.0

    def persons(self, count: int) -> int:
        """The number of nearest persons to search for, in order to select up to ``count``."""
        return max(count, 2) if self.margin else count

    def floor(self, threshold: float) -> float:
        """The confidence below which a person is neither a candidate nor within its margin."""
        return max(0.0, threshold - self.margin)

    def choose(
        self, ranked: Sequence[Candidate], *, count: int, threshold: float
    ) -> tuple[Candidate, ...]:
        """The candidates among the nearest persons.

        Args:
            ranked: the nearest ``persons(count)``, best first; those below ``floor`` are optional.
            count: maximum number of candidates.
            threshold: minimum confidence of a candidate.
        """
        if not self.leads(ranked):
            return ()
        return tuple(one for one in ranked[:count] if one.confidence >= threshold)

    def leads(self, ranked: Sequence[Candidate]) -> bool:
        """Whether the best person leads the second-best by the margin."""
        if len(ranked) < 2:
            return True
        return round(ranked[0].confidence - ranked[1].confidence, _DIGITS) >= self.margin
