"""Faces in Cosmos DB's vector index: a container per model, a document per face and training.

A document's partition is the collection's incarnation and a bucket, as in the container `people`;
its id begins with the training that wrote it, and every search filters by that. The documents are
derived data: they are written once, never changed, and deleted with their training. Where scores
are normalised, a person with several faces has one more document, their mean, which holds features
of all of them and is therefore deleted with any.

https://learn.microsoft.com/azure/cosmos-db/vector-search
"""

from __future__ import annotations

import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from heapq import nlargest
from itertools import chain
from typing import TYPE_CHECKING, Any

from shared.domain.errors import DocumentConflict, Throttled
from shared.domain.vectors import ScoredRow, VectorRow, VectorVersion
from shared.storage.documents.store import MAXIMUM_BATCH_OPERATIONS, Create, Delete, Document
from shared.storage.layout import vector_container
from shared.storage.records.face_documents import partitions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from shared.storage.documents.cosmos.container import CosmosDocumentContainer
    from shared.storage.documents.cosmos.store import CosmosDocumentStore

SPREAD_FROM_BYTES = 8_000_000_000
"""Size in bytes from which a collection is spread over 16 partitions.

A logical partition is limited to 20 GB ("Azure Cosmos DB service quotas"), and two trainings exist
until the older one is deleted. A search takes one request per partition.
"""

_BYTES_PER_COMPONENT, _BYTES_PER_FACE = 13, 500
"""Bytes of a document: at most 13 characters per component, plus its ids and system members."""

_WIDTH = 8
"""Maximum number of concurrent requests; the SDK keeps ten connections."""

_TRIES = 100
"""Retries of a throttled batch: the index is filled as fast as the request units allow."""

_DISTANCE = "VectorDistance(c.vector, @probe, false, {'searchListSizeMultiplier': 20})"
_NEAREST = (
    f"SELECT TOP @limit c.id, c.cohortMean, c.several, c.meanOf, {_DISTANCE} AS cosine"  # noqa: S608
    f" FROM c WHERE c.version = @version ORDER BY {_DISTANCE}"
)
_MEAN = "mean"
"""Takes the place of the face's id in the id of a mean."""


class FaceVectors:
    """Writes, searches and deletes the vectors of trainings. Thread-safe.

    Args:
        open_store: connects to Cosmos DB; called once, when vectors are first needed.
    """

    def __init__(
        self,
        open_store: Callable[[], CosmosDocumentStore],
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._open_store = open_store
        self._sleep = sleep
        self._lock = threading.Lock()
        self._store: CosmosDocumentStore | None = None
        self._pool = ThreadPoolExecutor(_WIDTH, "vectors")

    def add(self, incarnation: str, version: VectorVersion, rows: Sequence[VectorRow]) -> None:
        """Write rows of a training, several batches at a time.

        Raises:
            ConfigurationError: the model's container does not exist or has another vector policy.
            Throttled: the request units stay exhausted for minutes.
            Unavailable: Cosmos DB cannot be reached.
        """
        container = self._container(version)
        buckets = partitions(incarnation, version.buckets)
        creations: dict[str, list[Create]] = defaultdict(list)
        for row in rows:
            bucket = row.person_id[0] >> 4 if version.buckets > 1 else 0
            creations[buckets[bucket]].append(_creation(version, row))
        batches = [
            (partition, found[first : first + MAXIMUM_BATCH_OPERATIONS])
            for partition, found in creations.items()
            for first in range(0, len(found), MAXIMUM_BATCH_OPERATIONS)
        ]
        written = [self._pool.submit(self._write, container, *batch) for batch in batches]
        wait(written)  # For all: a cleanup after a failure must not run while writes are pending.
        for one in written:
            one.result()

    def nearest(
        self, incarnation: str, version: VectorVersion, probe: NDArray[np.float32], count: int
    ) -> list[ScoredRow]:
        """The rows of a training nearest to a probe, best first; fewer only if there are no more.

        Args:
            probe: float32, (dimension,), unit length.
        """
        container = self._container(version)
        parameters = {
            "@limit": count,
            "@version": version.identifier,
            "@probe": _numbers(probe),
        }

        def search(partition: str) -> list[ScoredRow]:
            rows = container.select("nearest", partition, _NEAREST, parameters)
            return [_scored(row) for row in rows]

        searched = partitions(incarnation, version.buckets)
        if len(searched) == 1:
            found = search(searched[0])
        else:
            found = list(chain.from_iterable(self._pool.map(search, searched)))
        return nlargest(count, found, key=lambda one: one.cosine)

    def sweep(
        self, incarnation: str, version: VectorVersion, *, batches: int | None = None
    ) -> bool:
        """Delete the documents of a training.

        Args:
            batches: maximum number of batches of up to 100 faces; None: all.

        Returns:
            Whether none is left.
        """
        container = self._container(version)
        swept = 0
        for partition in partitions(incarnation, version.buckets):
            while documents := container.page(
                partition,
                prefix=f"{version.identifier}.",
                limit=MAXIMUM_BATCH_OPERATIONS,
                members=(),
            ):
                if swept == batches:
                    return False
                swept += 1
                self._delete(container, partition, documents)
        return True

    def erase(
        self, incarnation: str, version: VectorVersion, person_id: str, face_id: str | None
    ) -> None:
        """Delete a person's rows of a training, or one face and the mean that it is part of."""
        container = self._container(version)
        bucket = int(person_id[0], 16) if version.buckets > 1 else 0
        partition = partitions(incarnation, version.buckets)[bucket]
        of_person = f"{version.identifier}.{person_id}."
        for prefix in [of_person] if face_id is None else [of_person + _MEAN, of_person + face_id]:
            while documents := container.page(
                partition, prefix=prefix, limit=MAXIMUM_BATCH_OPERATIONS, members=()
            ):
                self._delete(container, partition, documents)

    def _delete(
        self, container: CosmosDocumentContainer, partition: str, documents: Sequence[Document]
    ) -> None:
        deletions = [Delete(document.key.id) for document in documents]
        # On a conflict another worker is deleting as well; the caller checks what is left.
        with suppress(DocumentConflict):
            self._patiently(lambda: container.batch(partition, deletions))

    def _write(
        self, container: CosmosDocumentContainer, partition: str, creations: list[Create]
    ) -> None:
        self._patiently(lambda: container.batch(partition, creations))

    def _patiently(self, act: Callable[[], None]) -> None:
        """Repeat an action while it is throttled, up to ``_TRIES`` times."""
        for _ in range(_TRIES - 1):
            try:
                return act()
            except Throttled as error:
                self._sleep(error.retry_after)
        return act()

    def _container(self, version: VectorVersion) -> CosmosDocumentContainer:
        with self._lock:
            if self._store is None:
                self._store = self._open_store()
            store = self._store
        return store.container(vector_container(version.model, version.dimension))


def buckets_for(faces: int, dimension: int) -> int:
    """Number of partitions for a collection of this many faces: 1 or 16."""
    size = faces * (_BYTES_PER_COMPONENT * dimension + _BYTES_PER_FACE)
    return 1 if size < SPREAD_FROM_BYTES else 16


def _creation(version: VectorVersion, row: VectorRow) -> Create:
    face_id = _MEAN if row.face_id is None else uuid.UUID(bytes=row.face_id)
    body: dict[str, Any] = {"version": version.identifier, "vector": _numbers(row.vector)}
    if row.cohort_mean is not None:
        body["cohortMean"] = _number(row.cohort_mean)
    if row.several:
        body["several"] = True
    if row.mean_of:
        body["meanOf"] = [str(uuid.UUID(bytes=one)) for one in row.mean_of]
    return Create(f"{version.identifier}.{uuid.UUID(bytes=row.person_id)}.{face_id}", body)


def _numbers(vector: NDArray[np.float32]) -> list[float]:
    """The components with nine significant digits, which identify every float32 number."""
    return [_number(component) for component in vector.tolist()]


def _number(value: float) -> float:
    return float(f"{value:.9g}")


def _scored(row: Mapping[str, Any]) -> ScoredRow:
    _, person_id, face_id = row["id"].split(".")
    return ScoredRow(
        person_id,
        None if face_id == _MEAN else face_id,
        # Rounding may give a cosine slightly above 1.
        min(1.0, max(-1.0, row["cosine"])),
        row.get("cohortMean"),
        row.get("several", False),
        tuple(row.get("meanOf", ())),
    )
