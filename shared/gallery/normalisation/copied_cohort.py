"""The cohort of a large gallery, for probes to be compared with it.

A search of a large gallery evicts the cohort, and the code that compares, from the processor's
cache. Therefore the vectors are copied side by side, and one call of faiss compares a probe with
all of them and keeps the nearest; numpy needs several calls and takes twice as long.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shared.gallery.normalisation.cohort import nearest


class CopiedCohort:
    """The ProbeCohort of a large gallery. Safe between threads.

    Args:
        vectors: float32, (persons, dimension), unit rows, which are copied.
    """

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        import faiss

        self._index = faiss.IndexFlatIP(vectors.shape[1])
        self._index.add(np.ascontiguousarray(vectors))
        self._compared = min(nearest(len(vectors)) + 1, len(vectors))

    def means_of(self, probes: NDArray[np.float32]) -> NDArray[np.float32]:
        """See ProbeCohort.means_of."""
        import faiss

        if self._compared < 2:
            return np.full(len(probes), -1, np.float32)
        faiss.omp_set_num_threads(1)
        cosines, _ = self._index.search(probes, self._compared)
        others = self._compared - 1
        return np.array([sum(row[1:]) / others for row in cosines.tolist()], np.float32)
