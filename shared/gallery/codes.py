"""Product-quantised codes: rows in 4 bits a pair of components, scanned 16 times as fast.

Jégou, Douze, Schmid: Product Quantization for Nearest Neighbor Search (2011); the scan in registers
is André, Kermarrec, Le Scouarnec: Cache Locality Is Not Enough (2015), as faiss implements it.

faiss is imported when the first codes are made or read: it takes 0.2 s and 30 MB, and small
collections never need it. It is told in every call to use the calling thread only: its own threads
stall each other on busy cores.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from shared.gallery.snapshot_format import coded_bytes

if TYPE_CHECKING:
    import faiss

SAMPLE = 16_384
"""Rows that codebooks are made from: 1,024 a centroid. More does not improve them."""

CODED_FROM = 50_000
"""Faces from which a snapshot has codes. Below, scanning the vectors takes about a millisecond."""

_ITERATIONS = 25
_ERROR_PROBES = 32
_ERROR_ROWS = 1_000


def can_be_coded(dimension: int) -> bool:
    """Whether vectors of that many components have codes: sub-vectors are pairs, and come even."""
    return dimension % 4 == 0


class CodedRows:
    """The codes of a snapshot in memory, ready to be scanned. Safe between threads."""

    def __init__(
        self, codes: NDArray[np.uint8], codebooks: NDArray[np.float32], *, rows: int
    ) -> None:
        """Copy codes into memory.

        Args:
            codes: uint8, as ``CodeBuilder.codes`` answers them.
            codebooks: float32, (dimension / 2, 16, 2).
            rows: how many rows there are; the codes are filled up to a multiple of 32.
        """
        import faiss

        index = _new_index(2 * len(codebooks))
        faiss.copy_array_to_vector(codebooks.ravel(), index.pq.centroids)
        faiss.copy_array_to_AlignedTable(codes, index.codes)
        index.ntotal = rows
        index.ntotal2 = -(-rows // 32) * 32  # type: ignore[attr-defined] # lacking in its stubs
        index.is_trained = True
        self._index = index
        self._rows = rows

    def nearest(
        self, probes: NDArray[np.float32], count: int
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """The rows with the highest approximate cosines.

        Args:
            probes: float32, (probes, dimension).
            count: how many rows; not more than there are.

        Returns:
            Cosines and row numbers, both (probes, count), best first; -1 where faiss found fewer,
            which it may when nearly all rows are asked for.
        """
        import faiss

        faiss.omp_set_num_threads(1)
        cosines, rows = self._index.search(np.ascontiguousarray(probes), min(count, self._rows))
        return cosines, rows


class CodeBuilder:
    """Makes the codes of a snapshot.

    Args:
        sample: float32, (rows, dimension): what the codebooks are fitted to.
    """

    def __init__(self, sample: NDArray[np.float32]) -> None:
        import faiss

        faiss.omp_set_num_threads(1)
        self._index = _new_index(sample.shape[1])
        self._index.pq.cp.niter = _ITERATIONS
        self._index.pq.cp.min_points_per_centroid = 1
        self._index.pq.cp.max_points_per_centroid = -(-SAMPLE // 16)
        self._index.train(np.ascontiguousarray(sample))

    def add(self, block: NDArray[np.float32]) -> None:
        """Encode further rows: float32, (rows, dimension)."""
        import faiss

        faiss.omp_set_num_threads(1)
        self._index.add(np.ascontiguousarray(block))

    @property
    def codebooks(self) -> NDArray[np.float32]:
        """float32, (dimension / 2, 16, 2)."""
        import faiss

        centroids: NDArray[np.float32] = faiss.vector_to_array(self._index.pq.centroids)
        return centroids.reshape(-1, 16, 2)

    @property
    def codes(self) -> NDArray[np.uint8]:
        """The codes of all rows so far, in whole blocks of 32."""
        import faiss

        table: NDArray[np.uint8] = faiss.AlignedTable_to_array(self._index.codes)
        return table[: coded_bytes(self._index.ntotal, self._index.d)]

    def error(self, rows: NDArray[np.float32]) -> float:
        """Root mean square of approximate less exact cosine among the nearest rows.

        Args:
            rows: float32, the first rows that were added; they serve as probes and as answers.
        """
        coded = CodedRows(self.codes, self.codebooks, rows=self._index.ntotal)
        probes = rows[:: max(1, len(rows) // _ERROR_PROBES)]
        approximate, numbers = coded.nearest(probes, _ERROR_ROWS)
        known = (numbers >= 0) & (numbers < len(rows))
        exact = np.einsum("pkd,pd->pk", rows[np.where(known, numbers, 0)], probes)
        return float(np.sqrt(np.mean(np.square((approximate - exact)[known]))))


def _new_index(dimension: int) -> faiss.IndexPQFastScan:
    import faiss

    return faiss.IndexPQFastScan(dimension, dimension // 2, 4, faiss.METRIC_INNER_PRODUCT)
