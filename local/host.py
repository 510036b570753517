"""The host: drives an app's functions over HTTP, queues, blobs and timers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from socket import socket
from typing import Protocol

from azure.functions.queue import QueueMessage

from local.console_code import ConsoleCode
from local.emulator.storage_account import StorageAccount
from local.host_settings import HostSettings
from local.http.cross_origin import CrossOrigin
from local.http.front import HttpFront
from local.http.host_keys import load_or_make_keys
from local.http.server import HttpServer
from local.http.tls import TlsFiles
from local.triggers import invocation
from local.triggers.access_log import BlobWritten, MessageSent, read_line
from local.triggers.blob_functions import BlobDispatcher
from local.triggers.blob_webhook import INTERNAL_QUEUE, POISON_QUEUE, BlobWebhook
from local.triggers.indexing import (
    BlobTrigger,
    FunctionIndex,
    IndexedFunction,
    QueueTrigger,
    TimerTrigger,
)
from local.triggers.queue_pump import (
    DEFAULT_PATIENCE,
    Delivery,
    Patience,
    PumpPolicy,
    QueuePump,
    encoded,
)
from local.triggers.timers import TimerPump
from local.triggers.uploads_watch import EventPublisher, ListingWatch, Webhook

_EVENT_SECONDS = 1.0
_RELEASE_SECONDS = 1.0

HTTP_THREADS = 64
"""More than the app admits: its bounded queue answers 503 before this pool is full."""


class AccessLog(Protocol):
    """A storage emulator that reports the requests it served."""

    def listen(self, listener: Callable[[str], None]) -> None:
        """Pass every further line of the access log to the listener."""
        ...


_Background = ListingWatch | EventPublisher | TimerPump


@dataclass(frozen=True, slots=True)
class HostOptions:
    """Options of one run of the host.

    Attributes:
        data: folder of the host's keys and the timers' status.
        tls: None: plain http.
        cors_origins: origins whose pages may call the app from a browser.
        console_code: opens the console; None: nothing does but a key.
        one_slash: serve paths that begin with several slashes: Microsoft's Python SDK sends them
            where the endpoint ends with a slash, as Azure's portal shows endpoints.
    """

    settings: HostSettings
    connection_string: str
    data: Path
    url: str
    access_log: AccessLog | None = None
    patience: Patience = DEFAULT_PATIENCE
    tls: TlsFiles | None = None
    cors_origins: tuple[str, ...] = ()
    console_code: ConsoleCode | None = None
    one_slash: bool = False


class LocalHost:
    """One running host.

    Args:
        functions: the index of the app, see `indexing.index`.
        listener: a bound socket, see `server.bind`.
    """

    def __init__(self, functions: FunctionIndex, options: HostOptions, listener: socket) -> None:
        self._options = options
        self._storage = StorageAccount.connect(options.connection_string)
        self._keys = load_or_make_keys(options.data / "host_keys.json")
        self._pool = ThreadPoolExecutor(HTTP_THREADS, thread_name_prefix="http")
        self._blob_pump = self._make_blob_pump(functions)
        self._front = HttpFront(
            functions.http,
            route_prefix=options.settings.route_prefix,
            keys=self._keys,
            webhook=BlobWebhook(functions.blobs, self._enqueue_event),
            pool=self._pool,
            console_code=options.console_code,
            one_slash=options.one_slash,
        )
        self._server = HttpServer(
            CrossOrigin(self._front, options.cors_origins), listener, tls=options.tls
        )
        self._pumps = {f.trigger.queue: self._make_queue_pump(f) for f in functions.queues}
        self._publishers = self._make_publishers(functions)
        self._listings = (
            [ListingWatch(self._storage.blobs, p) for p in self._publishers.values()]
            if options.access_log is None
            else []
        )
        self._timers = [self._make_timer(function) for function in functions.timers]

    def start(self) -> None:
        """Start HTTP, queues, upload events and timers, in this order.

        Raises:
            ConfigurationError: the storage account does not answer or the server does not start.
        """
        self._storage.prepare()
        self._loop = self._server.start()
        for pump in (*self._pumps.values(), self._blob_pump):
            pump.start()
        for publisher in self._publishers.values():
            publisher.start()
        if self._options.access_log is not None:
            self._options.access_log.listen(self._on_access)
        for listing in self._listings:
            listing.start()
        for timer in self._timers:
            timer.start()

    def stop(self, grace: float) -> None:
        """Accept nothing new, wait for what runs, close.

        Events are given a second of their own, because they are posted to this host. Requests,
        messages and timers share the grace. What runs longer goes on in its thread until the
        process ends, as it would be interrupted by a kill: its connection is closed without an
        answer, its message is visible again at once. Takes at most `grace` and 3 seconds: one for
        events, one for the server to end, one for messages to be released.

        Args:
            grace: seconds.
        """
        watches: list[_Background] = [*self._listings, *self._publishers.values()]
        pumps = [*self._pumps.values(), self._blob_pump]
        for part in (*watches, *self._timers):
            part.stop()
        watches_ended = _join(watches, _EVENT_SECONDS)
        self._front.stop()
        for pump in pumps:
            pump.stop(grace)
        end = time.monotonic() + grace
        self._server.stop(grace)
        left = max(end - time.monotonic(), 0.0) + _RELEASE_SECONDS
        all_ended = _join([*pumps, *self._timers], left) and watches_ended
        self._pool.shutdown(wait=False, cancel_futures=True)
        if all_ended:
            # Otherwise the end of the process closes the connections, which are still in use.
            self._storage.close()

    def _on_access(self, line: str) -> None:
        match read_line(line):
            case BlobWritten(container, blob) if container in self._publishers:
                self._publishers[container].written(blob)
            case MessageSent(queue) if queue in self._pumps:
                self._pumps[queue].wake()

    def _enqueue_event(self, text: str) -> None:
        in_base64 = self._options.settings.queues.base64
        client = self._storage.queues.get_queue_client(INTERNAL_QUEUE)
        client.send_message(encoded(text, in_base64=in_base64), time_to_live=-1)
        self._blob_pump.wake()

    def _invoke(
        self,
        function: IndexedFunction[QueueTrigger]
        | IndexedFunction[BlobTrigger]
        | IndexedFunction[TimerTrigger],
        argument: object,
    ) -> None:
        invocation.run(function, argument, self._loop)

    def _make_blob_pump(self, functions: FunctionIndex) -> QueuePump:
        settings = self._options.settings
        dispatcher = BlobDispatcher(functions.blobs, self._invoke, self._storage.has_blob)
        policy = PumpPolicy(
            poison_queue=POISON_QUEUE,
            batch_size=1,
            new_batch_threshold=settings.blobs.max_degree_of_parallelism - 1,
            max_dequeue_count=settings.blobs.poison_blob_threshold,
            visibility_timeout=settings.queues.visibility_timeout,
            max_polling_interval=settings.queues.max_polling_interval,
            base64=settings.queues.base64,
            patience=self._options.patience,
        )
        return QueuePump(self._storage.queues, INTERNAL_QUEUE, dispatcher.handle, policy)

    def _make_queue_pump(self, function: IndexedFunction[QueueTrigger]) -> QueuePump:
        queues = self._options.settings.queues
        policy = PumpPolicy(
            poison_queue=f"{function.trigger.queue}-poison",
            batch_size=queues.batch_size,
            new_batch_threshold=queues.new_batch_threshold,
            max_dequeue_count=queues.max_dequeue_count,
            visibility_timeout=queues.visibility_timeout,
            max_polling_interval=queues.max_polling_interval,
            base64=queues.base64,
            patience=self._options.patience,
        )

        def handle(delivery: Delivery) -> None:
            self._invoke(function, _queue_message(delivery))

        return QueuePump(self._storage.queues, function.trigger.queue, handle, policy)

    def _make_publishers(self, functions: FunctionIndex) -> dict[str, EventPublisher]:
        tls = self._options.tls
        webhook = Webhook(
            self._options.url,
            self._keys.blobs_extension,
            None if tls is None else tls.trusting_context(),
        )
        publishers: dict[str, EventPublisher] = {}
        for container in {function.trigger.container for function in functions.blobs}:
            subscribed = [f for f in functions.blobs if f.trigger.container == container]
            publishers[container] = EventPublisher(
                self._storage.blobs, container, subscribed, webhook
            )
        return publishers

    def _make_timer(self, function: IndexedFunction[TimerTrigger]) -> TimerPump:
        return TimerPump(
            function, partial(self._invoke, function), folder=self._options.data / "timers"
        )


def _join(parts: Iterable[QueuePump | _Background], seconds: float) -> bool:
    """Wait until all have ended, at most that many seconds; whether they have."""
    end = time.monotonic() + seconds
    return all(part.join(max(end - time.monotonic(), 0.0)) for part in parts)


def _queue_message(delivery: Delivery) -> QueueMessage:
    return QueueMessage(
        id=delivery.id,
        body=delivery.body,
        dequeue_count=delivery.dequeue_count,
        expiration_time=delivery.expires_on,
        insertion_time=delivery.inserted_on,
        time_next_visible=delivery.next_visible_on,
        pop_receipt=delivery.pop_receipt,
    )
