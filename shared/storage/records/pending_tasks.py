"""Pending tasks: work that must be done even if the queue message about it is lost.

A task is written before the write that makes it necessary, and removed once the work is verified;
the timer finds all tasks in sixteen partitions. All deletions inside a collection share one task:
it is written once, read by each deletion, and removed in two steps (`closing`), so that no
deletion that relies on it is forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from shared.domain.collections import KINDS, CollectionKey
from shared.domain.errors import DocumentConflict, DocumentExists
from shared.domain.values import Collection
from shared.storage.documents.pages import pages_of
from shared.storage.documents.store import (
    Document,
    DocumentContainer,
    Key,
    read_time,
    stored_time,
)
from shared.storage.layout import BUCKETS


class TaskKind(StrEnum):
    """What is to be done."""

    DELETIONS = "deletions"
    PURGE = "purge"
    TRAINING = "training"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class PendingTask:
    """Work that must be done for one incarnation of a collection.

    Attributes:
        since: when the task was written. For a training, when its message was last sent; for a
            purge that is done, when the collection was purged; for a training that waits for
            quiet, roughly when the last face was enrolled.
        run: for a training, its run.
        closing: whether a worker found nothing left to do and is about to remove the task.
        done: for a purge, whether it was carried out and is to be verified.
        owner: the worker that holds the lease.
        lease_expires: when the lease ends unless it is renewed.
        worked: when a worker last acquired the lease.
        repair: number of the partition at which the repair of data of schema 1 resumes; None if
            there is nothing to repair.
        rewrite: whether the snapshot in use is to be rewritten even if it holds nothing deleted.
    """

    kind: TaskKind
    collection: CollectionKey
    incarnation: str
    since: datetime
    run: str = ""
    closing: bool = False
    done: bool = False
    owner: str | None = None
    lease_expires: datetime | None = None
    worked: datetime | None = None
    repair: int | None = None
    rewrite: bool = False

    @classmethod
    def about(cls, kind: TaskKind, collection: Collection, since: datetime) -> PendingTask:
        """A task about a collection."""
        return cls(kind, collection.key, collection.incarnation, since)


@dataclass(frozen=True, slots=True)
class StoredTask:
    """A task together with the ETag that the next write must name."""

    task: PendingTask
    etag: str


class PendingTasks:
    """Reads and conditionally writes pending tasks."""

    def __init__(self, container: DocumentContainer) -> None:
        self._container = container

    def ensure(self, task: PendingTask) -> None:
        """Ensure that a task like this is stored, and not about to be removed.

        Costs one point read if it is stored already.
        """
        while True:
            stored = self.find(task)
            if stored is None:
                try:
                    self._container.create(_key(task), _body(task))
                except DocumentExists:
                    continue
                return
            if not stored.task.closing:
                return
            if self.write(replace(stored.task, closing=False), stored) is not None:
                return

    def require_rewriting(self, task: PendingTask) -> None:
        """Ensure that a collection's deletions rewrite the snapshot in use."""
        while True:
            self.ensure(replace(task, rewrite=True))
            stored = self.find(task)
            if stored is None:
                continue
            if stored.task.rewrite or self.write(replace(stored.task, rewrite=True), stored):
                return

    def renew(self, task: PendingTask) -> None:
        """Write a task again, so that those who read it earlier cannot remove it."""
        while True:
            stored = self.find(task)
            try:
                if stored is None:
                    self._container.create(_key(task), _body(task))
                else:
                    self._container.replace(_key(task), _body(task), etag=stored.etag)
            except DocumentConflict:
                continue
            return

    def find(self, task: PendingTask) -> StoredTask | None:
        """The task as it is stored, or None."""
        document = self._container.get(_key(task))
        return None if document is None else _stored(document)

    def write(self, task: PendingTask, previous: StoredTask) -> StoredTask | None:
        """Write a task in place of the previous one; None if it was written meanwhile."""
        try:
            document = self._container.replace(_key(task), _body(task), etag=previous.etag)
        except DocumentConflict:
            return None
        return StoredTask(task, document.etag)

    def remove(self, stored: StoredTask) -> bool:
        """Remove a task; False if it was written meanwhile or is gone."""
        try:
            self._container.delete(_key(stored.task), etag=stored.etag)
        except DocumentConflict:
            return False
        return True

    def discard(self, task: PendingTask) -> None:
        """Remove a task, in whatever state it is; does nothing if there is none."""
        with suppress(DocumentConflict):
            self._container.delete(_key(task))

    def all(self) -> Iterator[StoredTask]:
        """Every task, page by page."""
        for bucket in BUCKETS:
            for page in pages_of(self._container, f"pending:{bucket}"):
                yield from map(_stored, page)


def _key(task: PendingTask) -> Key:
    suffix = f".{task.run}" if task.run else ""
    return Key(f"pending:{task.incarnation[0]}", f"{task.kind}.{task.incarnation}{suffix}")


def _body(task: PendingTask) -> dict[str, object]:
    return {
        "kind": task.collection.kind.name,
        "collectionId": task.collection.collection_id,
        "since": stored_time(task.since),
        "closing": task.closing,
        "done": task.done,
        "owner": task.owner,
        "leaseExpires": _optional(task.lease_expires),
        "worked": _optional(task.worked),
        "repair": task.repair,
        "rewrite": task.rewrite,
    }


def _optional(moment: datetime | None) -> str | None:
    return None if moment is None else stored_time(moment)


def _stored(document: Document) -> StoredTask:
    kind, incarnation, *run = document.key.id.split(".")
    body = document.body
    lease_expires, worked = body["leaseExpires"], body["worked"]
    task = PendingTask(
        TaskKind(kind),
        CollectionKey(KINDS[body["kind"]], body["collectionId"]),
        incarnation,
        read_time(body["since"]),
        run=run[0] if run else "",
        closing=body["closing"],
        done=body["done"],
        owner=body["owner"],
        lease_expires=None if lease_expires is None else read_time(lease_expires),
        worked=None if worked is None else read_time(worked),
        repair=body["repair"],
        rewrite=body["rewrite"],
    )
    return StoredTask(task, document.etag)
