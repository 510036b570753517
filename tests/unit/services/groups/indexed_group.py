"""A group whose trainings may go to a vector index: that of the stand-in for Cosmos DB."""

from __future__ import annotations

from pathlib import Path

from shared.domain.collections import LARGE_PERSON_GROUP, CollectionKind
from shared.domain.vectors import VectorVersion
from shared.services.galleries.galleries import Galleries
from shared.services.galleries.index_selector import IndexSelector
from shared.services.galleries.outdated import OutdatedSnapshots
from shared.services.training.builder import AMENDED_FROM
from shared.services.training.vector_index_builder import VectorIndexBuilder
from shared.storage.documents.cosmos.connection import CosmosConnection
from shared.storage.documents.cosmos.store import CosmosDocumentStore
from shared.storage.vectors.face_vectors import FaceVectors
from tests.cosmos_server.server import CosmosServer
from tests.doubles.identifiers import new_id
from tests.unit.services.groups.trainable_group import TrainableGroup

MODEL = "made-up"
CONTAINER = "vectors-made-up"


class IndexedGroup(TrainableGroup):
    """A group whose trainings may go to a vector index."""

    vectors: FaceVectors

    def __init__(
        self,
        folder: Path,
        server: CosmosServer,
        *,
        faces_from: int | None,
        kind: CollectionKind = LARGE_PERSON_GROUP,
    ) -> None:
        super().__init__(folder, kind=kind)
        self.server = server
        self.waits: list[float] = []
        connection = CosmosConnection(server.url, "lineament", server.key)
        self.cosmos = CosmosDocumentStore(connection)
        self.vectors = FaceVectors(lambda: self.cosmos, sleep=self.waits.append)
        self.restart()
        self.choose(faces_from)

    def choose(self, faces_from: int | None) -> None:
        """From how many faces on trainings go to the index from now on."""
        filling = VectorIndexBuilder(self.vectors, self.blobs, new_id, faces_from=faces_from)
        self.train_with(amended_from=AMENDED_FROM, filling=filling)
        self.galleries = Galleries(
            self.collections,
            self.trainings,
            self.followed,
            IndexSelector(self.cache, self.vectors),
            self.training.restore,
            OutdatedSnapshots(self.tasks, self.queue, self.clock),
        )

    def indexed(self) -> list[str]:
        """The versions of all documents in the index, one a document."""
        with self.server.lock:
            found = self.server.account.databases["lineament"].get(CONTAINER)
            documents = [] if found is None else list(found.documents.values())
        return [document.item["version"] for document in documents]

    def version(self) -> VectorVersion:
        """The version in use, which must be one of the index."""
        stored = self.trainings.find(self.key)
        assert stored is not None
        version = VectorVersion.parse(stored.record.snapshot or "")
        assert version is not None
        return version
