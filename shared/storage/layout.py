"""What the storage account and the database hold. A test compares infra/ with it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """A container as Bicep makes it and the embedded store mirrors it.

    Attributes:
        name: the container's name.
        default_ttl: seconds that a document lives unless it says otherwise; None: for ever.
        unindexed: top-level members that no query looks at, kept out of the index.
        vector_dimension: its documents have a member ``vector`` of so many numbers, which Cosmos DB
            indexes; None: they have none.
    """

    name: str
    default_ttl: int | None = None
    unindexed: tuple[str, ...] = ()
    vector_dimension: int | None = None


UPLOADS = "uploads"
RESULTS = "results"
SNAPSHOTS = "snapshots"
BLOB_CONTAINERS = (UPLOADS, RESULTS, SNAPSHOTS)

TRAINING_QUEUE = "training"
PURGE_QUEUE = "purge"
ERASURE_QUEUE = "erasure"
QUEUES = (TRAINING_QUEUE, PURGE_QUEUE, ERASURE_QUEUE)

_DAY = 86_400

FACES = ContainerSpec("faces", default_ttl=_DAY, unindexed=("embedding",))
COLLECTIONS = ContainerSpec("collections")
PEOPLE = ContainerSpec("people", unindexed=("embedding",))
OPERATIONS = ContainerSpec("operations", default_ttl=7 * _DAY)
INGESTIONS = ContainerSpec("ingestions", default_ttl=30 * _DAY)
DOCUMENT_CONTAINERS = (FACES, COLLECTIONS, PEOPLE, OPERATIONS, INGESTIONS)


def vector_container(model: str, dimension: int) -> ContainerSpec:
    """Where the vectors of one embedding model are searched; a policy cannot be changed later.

    Args:
        dimension: components of each.
    """
    return ContainerSpec(f"vectors-{model.replace('_', '-')}", vector_dimension=dimension)


def poison_queue(queue: str) -> str:
    """Where the host puts a message after the last failed attempt."""
    return f"{queue}-poison"


POISONED_BLOBS = "webjobs-blobtrigger-poison"
"""Where the host puts blobs whose function failed every time."""

POISON_QUEUES = (*(poison_queue(queue) for queue in QUEUES), POISONED_BLOBS)
