"""Which of the nearest persons are proposed as candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.domain.values import Candidate

_DIGITS = 5
"""Of a confidence; a difference of two is rounded to as many."""


@dataclass(frozen=True, slots=True)
class CandidateRule:
    """The threshold, and the margin by which the best person must lead.

    A face that two persons resemble nearly alike is named neither: parents, children and
    siblings are where recognition errs. The second-best person counts whether or not it reaches
    the threshold and however many candidates the caller asked for; with one person in the group
    there is nothing to lead over.

    Attributes:
        margin: the least difference of confidence, 0 to 1, between the best and the second-best
            person; if it is less, there is no candidate. 0: as Azure does, no such rule.
    """

    margin: float = 0.0

    def persons(self, count: int) -> int:
        """How many of the nearest persons must be known to propose up to ``count`` of them."""
        return max(count, 2) if self.margin else count

    def floor(self, threshold: float) -> float:
        """The confidence from which persons matter: below it they neither are candidates nor
        come too near to one."""
        return max(0.0, threshold - self.margin)

    def choose(
        self, ranked: Sequence[Candidate], *, count: int, threshold: float
    ) -> tuple[Candidate, ...]:
        """The candidates among the nearest persons.

        Args:
            ranked: the nearest ``persons(count)``, best first; those below ``floor`` may lack.
            count: how many candidates at most.
            threshold: the least confidence of a candidate.
        """
        if not self.leads(ranked):
            return ()
        return tuple(one for one in ranked[:count] if one.confidence >= threshold)

    def leads(self, ranked: Sequence[Candidate]) -> bool:
        """Whether the best person leads the second-best by the margin."""
        if len(ranked) < 2:
            return True
        return round(ranked[0].confidence - ranked[1].confidence, _DIGITS) >= self.margin
