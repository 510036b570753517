"""The cohort in use. It lowers cosines between faces that resemble many others."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from shared.domain.errors import InvalidCohort
from shared.gallery.normalisation.crowding import (
    CrowdingRule,
    FaceCrowding,
    crowding,
    subtracted,
)
from shared.services.cohorts.cohort_file import CohortFile, CohortStamp

_DIGITS = 6


class OperatorCohort:
    """The cohort of one embedding model.

    Args:
        vectors: returns its current faces: float32, (faces, dimension), unit rows.
        digest: of its file; never empty. Scores of different cohorts are not comparable.
    """

    def __init__(
        self, rule: CrowdingRule, vectors: Callable[[], NDArray[np.float32]], *, digest: str
    ) -> None:
        self._rule = rule
        self._vectors = vectors
        self._digest = digest

    @property
    def digest(self) -> str:
        """The digest of its file."""
        return self._digest

    def subtracted(
        self, ones: NDArray[np.float32], others: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """The correction that is subtracted from the cosines of faces with others.

        Args:
            ones, others: float32, (n, dimension) and (m, dimension), unit rows.

        Returns:
            float32, (n, m), 0 to 0.25.
        """
        cohort = self._vectors()
        count = self._rule.neighbours
        return subtracted(
            crowding(ones, cohort, count), crowding(others, cohort, count), self._rule.allowance
        )

    def crowding(self, vectors: NDArray[np.float32]) -> FaceCrowding:
        """The crowding of some faces, for many comparisons among them.

        Args:
            vectors: float32, (n, dimension), unit rows.
        """
        values = crowding(vectors, self._vectors(), self._rule.neighbours)
        return FaceCrowding(values, self._rule.allowance)


def check_stamp(cohort: CohortFile, name: str, stamps: Mapping[str, CohortStamp]) -> None:
    """Check that a cohort was made for a model of this service.

    Args:
        name: the file, for the message.
        stamps: by embedding model of the service, the stamp that its cohort must have.

    Raises:
        InvalidCohort: it was made for another model, precision or confidence curve.
    """
    made = cohort.stamp
    wanted = stamps.get(made.model)
    if wanted is None:
        raise InvalidCohort(
            f"FACE_COHORT: {name} was made for the model {made.model}, which this service does not"
            f" run; it runs {', '.join(stamps)}. Make it again."
        )
    if made.precision != wanted.precision:
        raise InvalidCohort(
            f"FACE_COHORT: {name} was made in {made.precision}, and this service computes in"
            f" {wanted.precision}. Make it again, or set FACE_PRECISION."
        )
    if round(made.same_cosine, _DIGITS) != round(wanted.same_cosine, _DIGITS):
        raise InvalidCohort(
            f"FACE_COHORT: {name} was made when confidence 0.5 stood for the cosine"
            f" {made.same_cosine:g}; now it stands for {wanted.same_cosine:g}. Make it again."
        )
