"""Product-quantised codes: 4 bits per pair of components, scanned 16 times as fast as vectors.

Jégou, Douze, Schmid: Product Quantization for Nearest Neighbor Search (2011); the scan in registers
is André, Kermarrec, Le Scouarnec: Cache Locality Is Not Enough (2015), as faiss implements it.

faiss is imported when the first codes are made or read: it takes 0.2 s and 30 MB, and small
collections never need it. Every call restricts it to the calling thread: its own threads
stall each other on busy cores.

Where scores are normalised, a coded row has four components more than a vector: what is subtracted
twice from its cosine, in a coarse and a fine part (`normalisation/figures.py`). A probe has there
minus half of the scale of approximate cosines, so that the scan gives approximate scores.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from shared.gallery.snapshots.format import BLOCK_ROWS, CodeStatistics, coded_bytes
from shared.gallery.snapshots.large_pages import advise_large_pages
from shared.gallery.snapshots.row_owners import RowOwners

if TYPE_CHECKING:
    import faiss

SAMPLE = 16_384
"""Rows that codebooks are made from: 1,024 per centroid. More do not improve them."""

CODED_FROM = 50_000
"""Faces from which a snapshot has codes. With fewer, scanning the vectors takes about 1 ms."""

_ERROR_ROWS = 4_096
_ERROR_PROBES = 64
_ERROR_NEAREST = 64
_HIGH = 0.99
"""The quantile by which the upper tail of the cosines is judged: higher ones are faces of one
person."""

_HALF = 0.5

_TABLE_ERROR = 0.005
"""Greatest error from the scan's rounding of its tables to 8 bits."""


def can_be_coded(dimension: int) -> bool:
    """Whether vectors of this dimension can have codes: faiss needs an even number of pairs."""
    return dimension % 4 == 0


class CodedRows:
    """The codes of a snapshot in memory, ready to be scanned. Safe between threads."""

    def __init__(
        self,
        codes: NDArray[np.uint8],
        codebooks: NDArray[np.float32],
        statistics: CodeStatistics,
        owners: RowOwners,
    ) -> None:
        """Copy codes into memory.

        Args:
            codes: uint8, as ``CodeBuilder.codes`` returns them.
            codebooks: float32, (components / 2, 16, 2).
            statistics: the statistics of their cosines.
            owners: the persons of the rows; the codes are padded to whole blocks.
        """
        import faiss

        index = _new_index(2 * len(codebooks))
        faiss.copy_array_to_vector(codebooks.ravel(), index.pq.centroids)
        index.codes.resize(len(codes))
        advise_large_pages(int(index.codes.get()), len(codes))
        faiss.copy_array_to_AlignedTable(codes, index.codes)
        index.ntotal = owners.rows
        index.ntotal2 = -(-owners.rows // BLOCK_ROWS) * BLOCK_ROWS  # type: ignore[attr-defined] # lacking in its stubs
        self.statistics = statistics
        self.owners = owners
        self._components = 2 * len(codebooks)
        self._index = index

    def nearest(
        self, probe: NDArray[np.float32], count: int
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """The rows with the highest approximate scores.

        Several probes at once are not faster, since codes are read from the processor's cache.

        Args:
            probe: float32, (dimension,).
            count: number of rows; not more than there are.

        Returns:
            Scores and row numbers, best first; the row is -1 where faiss found fewer, which may
            happen when nearly all rows are requested.
        """
        import faiss

        faiss.omp_set_num_threads(1)
        extended = np.empty(self._components, np.float32)
        extended[: len(probe)] = probe
        extended[len(probe) :] = -_HALF * self.statistics.scale
        (scores,), (rows,) = self._index.search(extended[None], count)
        return scores, rows


def cosines_of(
    vectors: NDArray[np.float32], rows: NDArray[np.int64], probe: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The exact cosines of some rows, which faiss reads in place; numpy would copy them.

    Args:
        vectors: float32, (rows, dimension), C-contiguous.
        rows: their numbers, all within the vectors.
        probe: float32, (dimension,).
    """
    import faiss

    cosines, chosen = np.empty(len(rows), np.float32), np.ascontiguousarray(rows)
    pointers = [faiss.swig_ptr(array) for array in (cosines, probe, vectors, chosen)]
    faiss.omp_set_num_threads(1)
    by_number = faiss.fvec_inner_products_by_idx  # type: ignore[attr-defined] # lacking in its stubs
    by_number(*pointers, len(probe), 1, len(rows))
    return cosines


class CodeBuilder:
    """Makes the codes of a snapshot.

    Args:
        sample: float32, (rows, components): the rows that the codebooks are fitted to.
    """

    def __init__(self, sample: NDArray[np.float32]) -> None:
        import faiss

        faiss.omp_set_num_threads(1)
        self._index = _new_index(sample.shape[1])
        self._index.pq.cp.min_points_per_centroid = 1
        self._index.pq.cp.max_points_per_centroid = len(sample)
        self._index.train(np.ascontiguousarray(sample))

    def add(self, block: NDArray[np.float32]) -> None:
        """Encode further rows: float32, (rows, components)."""
        import faiss

        faiss.omp_set_num_threads(1)
        self._index.add(np.ascontiguousarray(block))

    @property
    def codebooks(self) -> NDArray[np.float32]:
        """The centroids, float32, (components / 2, 16, 2)."""
        import faiss

        centroids: NDArray[np.float32] = faiss.vector_to_array(self._index.pq.centroids)
        return centroids.reshape(-1, 16, 2)

    @property
    def codes(self) -> NDArray[np.uint8]:
        """The codes of all rows so far, in whole blocks."""
        import faiss

        table: NDArray[np.uint8] = faiss.AlignedTable_to_array(self._index.codes)
        return table[: coded_bytes(self._index.ntotal, self._index.d)]

    def statistics(self, rows: NDArray[np.float32], dimension: int) -> CodeStatistics:
        """How approximate scores differ from exact ones, and how they are distributed.

        Args:
            rows: float32, (rows, components); some of them serve as probes too.
            dimension: of the vectors; half of what follows is subtracted.
        """
        rows = rows[:_ERROR_ROWS]
        pairs = rows.reshape(len(rows), -1, 1, 2)
        centroids = np.square(pairs - self.codebooks).sum(axis=3).argmin(axis=2)
        decoded = self.codebooks[np.arange(pairs.shape[1]), centroids].reshape(rows.shape)
        probes = rows[:: max(1, len(rows) // _ERROR_PROBES), :dimension]
        exact, approximate = rows[:, :dimension] @ probes.T, decoded[:, :dimension] @ probes.T
        nearest = exact >= np.sort(exact, axis=0)[-_ERROR_NEAREST:][0]
        squares = np.square(exact[nearest]).sum()
        scale = float((approximate[nearest] * exact[nearest]).sum() / squares)
        exact -= _HALF * rows[:, dimension:].sum(axis=1, keepdims=True)
        approximate -= np.float32(_HALF * scale) * decoded[:, dimension:].sum(axis=1, keepdims=True)
        error = float(np.std(approximate - np.float32(scale) * exact))
        middle, high = (float(one) for one in np.quantile(exact, (0.5, _HIGH)))
        return CodeStatistics(
            scale=scale,
            error=max(error, _TABLE_ERROR),
            middle=middle,
            deviation=max((high - middle) / NormalDist().inv_cdf(_HIGH), _TABLE_ERROR),
        )


def _new_index(dimension: int) -> faiss.IndexPQFastScan:
    import faiss

    inner_product = faiss.METRIC_INNER_PRODUCT
    return faiss.IndexPQFastScan(dimension, dimension // 2, 4, inner_product, BLOCK_ROWS)
