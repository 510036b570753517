"""Containers, queues and blob containers of the deployment. A test compares infra/ with them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """A container, created by Bicep on Azure and by the embedded store itself.

    Attributes:
        name: the container's name.
        default_ttl: default time to live of documents in seconds; None: documents do not expire.
        indexed: top-level members that queries compare, beside ``id`` and the partition key; no
            other member is indexed, since every indexed value costs request units to write.
        vector_dimension: number of components of the documents' member ``vector``, which Cosmos DB
            indexes; None: there is no such member.
    """

    name: str
    default_ttl: int | None = None
    indexed: tuple[str, ...] = ()
    vector_dimension: int | None = None


UPLOADS = "uploads"
RESULTS = "results"
SNAPSHOTS = "snapshots"
BLOB_CONTAINERS = (UPLOADS, RESULTS, SNAPSHOTS)

TRAINING_QUEUE = "training"
PURGE_QUEUE = "purge"
ERASURE_QUEUE = "erasure"
UPLOADS_QUEUE = "uploads"
DUPLICATES_QUEUE = "duplicates"
QUEUES = (TRAINING_QUEUE, PURGE_QUEUE, ERASURE_QUEUE, UPLOADS_QUEUE, DUPLICATES_QUEUE)

DELTA_SUFFIX = ".delta"
"""Ends the version of a snapshot that is read together with its base."""

WORK_FOLDER = "training"
"""Folder of snapshots in progress, in the data folder. The one-machine host empties it at start."""

BUCKETS = "0123456789abcdef"
"""The first hex digit of a UUID, or of an id's digest, selects one of sixteen partitions. Reading
the partitions of UUIDs in this order yields ids in order."""

_DAY = 86_400

FACES = ContainerSpec("faces", default_ttl=_DAY)
COLLECTIONS = ContainerSpec("collections")
PEOPLE = ContainerSpec("people")
OPERATIONS = ContainerSpec("operations", default_ttl=7 * _DAY)
INGESTIONS = ContainerSpec("ingestions", default_ttl=30 * _DAY)
UNKNOWNS = ContainerSpec("unknowns", default_ttl=7 * _DAY)
"""Every document has its own time to live, from FACE_UNKNOWN_RETENTION_DAYS."""
DOCUMENT_CONTAINERS = (FACES, COLLECTIONS, PEOPLE, OPERATIONS, INGESTIONS, UNKNOWNS)
"""All except those of vectors; tests compare Bicep and the documentation with these."""


def vector_container(model: str, dimension: int) -> ContainerSpec:
    """The container of one embedding model's vectors; its vector policy cannot be changed later.

    Args:
        dimension: number of components of a vector.
    """
    name = f"vectors-{model.replace('_', '-')}"
    return ContainerSpec(name, indexed=("version",), vector_dimension=dimension)


def snapshot_blob(incarnation: str, version: str) -> str:
    """The name of a snapshot's blob: below the incarnation of its collection."""
    return f"{snapshot_folder(incarnation)}{version}"


def snapshot_folder(incarnation: str) -> str:
    """The prefix of the blobs of a collection's snapshots."""
    return f"{incarnation}/"


def snapshot_of(blob: str) -> tuple[str, str]:
    """The incarnation and the version in the name of a snapshot's blob."""
    incarnation, _, version = blob.partition("/")
    return incarnation, version


def poison_queue(queue: str) -> str:
    """The queue to which the host moves a message after its last attempt."""
    return f"{queue}-poison"


POISONED_BLOBS = "webjobs-blobtrigger-poison"
"""The queue to which the host reports blobs whose function failed on every attempt."""

POISON_QUEUES = (*(poison_queue(queue) for queue in QUEUES), POISONED_BLOBS)
