"""Work in the background does not delay a stop, although its storage never answers."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import pytest

from local.emulator.azurite import HOST, USUAL_PORTS, connection_string
from local.emulator.storage_account import StorageAccount
from local.triggers.indexing import BlobTrigger, IndexedFunction
from local.triggers.queue_pump import PumpPolicy, QueuePump
from local.triggers.uploads_watch import EventPublisher, ListingWatch, Webhook


@dataclass(frozen=True)
class SilentStorage:
    """A storage account that accepts connections and answers nothing."""

    account: StorageAccount
    listeners: dict[str, socket.socket]

    @contextmanager
    def awaited(self, service: str) -> Iterator[None]:
        """From a client's request until the block ends, and with it the storage."""
        with self.listeners[service].accept()[0]:
            yield
        for listener in self.listeners.values():
            listener.close()


@pytest.fixture
def storage() -> Iterator[SilentStorage]:
    with ExitStack() as opened:
        listeners = {
            service: opened.enter_context(socket.create_server((HOST, 0)))
            for service in USUAL_PORTS
        }
        ports = {service: one.getsockname()[1] for service, one in listeners.items()}
        account = StorageAccount.connect(connection_string(ports))
        opened.callback(account.close)
        yield SilentStorage(account, listeners)


def publisher(storage: SilentStorage) -> EventPublisher:
    function = IndexedFunction("ingest", BlobTrigger("uploads/{name}"), "blob", print)
    webhook = Webhook("http://127.0.0.1:1", "key")
    return EventPublisher(storage.account.blobs, "uploads", [function], webhook)


def test_a_queue_that_does_not_answer_is_left(storage: SilentStorage) -> None:
    policy = PumpPolicy(
        poison_queue="poison",
        batch_size=1,
        new_batch_threshold=0,
        max_dequeue_count=2,
        visibility_timeout=0,
        max_polling_interval=60,
        base64=True,
    )
    pump = QueuePump(storage.account.queues, "orders", lambda _: None, policy)
    pump.start()
    with storage.awaited("Queue"):
        pump.stop(0.0)
        assert not pump.join(0.1)
    assert pump.join(60)


def test_a_listing_that_does_not_answer_is_left(storage: SilentStorage) -> None:
    watch = ListingWatch(storage.account.blobs, publisher(storage))
    watch.start()
    with storage.awaited("Blob"):
        watch.stop()
        assert not watch.join(0.1)
    assert watch.join(60)


def test_an_event_whose_blob_does_not_answer_is_left(storage: SilentStorage) -> None:
    events = publisher(storage)
    events.start()
    events.written("face.jpg")
    with storage.awaited("Blob"):
        events.stop()
        assert not events.join(0.1)
    assert events.join(60)
