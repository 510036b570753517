"""Receives the messages of a queue and passes each to a function, as the queue trigger does.

A message is invisible to other receivers while a function runs on it. Success deletes it. Failure
leaves it for another attempt after `visibility_timeout`; after `max_dequeue_count` failures it is
moved to the poison queue. A message that is not base64, or whose content is not UTF-8, is moved
there without a call of the function. Delivery is at least once.

The Functions host receives messages for ten minutes. Here it is one minute, renewed every twenty
seconds (`Patience`): if this host is killed, its messages are visible again within a minute.
"""

from __future__ import annotations

import base64
import binascii
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError
from azure.storage.queue import QueueClient, QueueMessage, QueueServiceClient

from local.triggers.background import give_way_to_requests

_LOGGER = logging.getLogger("lineament.host")

FIRST_INTERVAL = 0.2

_SHARE_AFTER_FAULT = 0.1
"""Of the time between renewals, until a failed one is tried again."""

_DRAIN_INTERVAL = 0.1
"""Seconds between two turns while the running messages end."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a received message stays invisible, and how often that is renewed; seconds."""

    invisible: int = 60
    renew_every: float = 20.0


DEFAULT_PATIENCE = Patience()


@dataclass(frozen=True, slots=True)
class PumpPolicy:
    """How a queue is processed. Durations in seconds.

    At most `batch_size + new_batch_threshold` messages run at once: the next batch is fetched
    when no more than `new_batch_threshold` are left.
    """

    poison_queue: str
    batch_size: int
    new_batch_threshold: int
    max_dequeue_count: int
    visibility_timeout: float
    max_polling_interval: float
    base64: bool
    patience: Patience = DEFAULT_PATIENCE


def encoded(text: str, *, in_base64: bool) -> str:
    """A text as it stands on a queue of that `messageEncoding`."""
    return base64.b64encode(text.encode()).decode("ascii") if in_base64 else text


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message as a function receives it: the body is decoded."""

    id: str
    body: bytes
    dequeue_count: int
    pop_receipt: str
    inserted_on: datetime | None
    expires_on: datetime | None
    next_visible_on: datetime | None


@dataclass(slots=True)
class _Running:
    """A message in processing. Only the pump's own thread touches `message`.

    Attributes:
        renew_at: on the monotonic clock.
        failed: this attempt failed.
        unreadable: no attempt can succeed.
        lost: another receiver has the message, or it was deleted.
    """

    message: QueueMessage
    renew_at: float
    done: threading.Event = field(default_factory=threading.Event)
    failed: bool = False
    unreadable: bool = False
    lost: bool = False


class QueuePump:
    """Processes one queue from a thread of its own.

    Args:
        handle: processes one message; an exception is a failed attempt. It logs its own errors.
    """

    def __init__(
        self,
        service: QueueServiceClient,
        queue: str,
        handle: Callable[[Delivery], None],
        policy: PumpPolicy,
    ) -> None:
        self._service = service
        self._client: QueueClient = service.get_queue_client(queue)
        self._name = queue
        self._handle = handle
        self._policy = policy
        self._running: list[_Running] = []
        self._interval = FIRST_INTERVAL
        self._signal = threading.Event()
        self._stop_at: float | None = None
        self._thread = threading.Thread(target=self._pump, name=f"queue-{queue}", daemon=True)

    def start(self) -> None:
        """Start to receive messages."""
        self._thread.start()

    def wake(self) -> None:
        """Poll the queue now rather than at the next interval."""
        self._interval = FIRST_INTERVAL
        self._signal.set()

    def stop(self, grace: float) -> None:
        """Receive no more messages; `join` waits until the running ones end.

        Args:
            grace: seconds after which a running message is released; it is visible again at once.
        """
        self._stop_at = time.monotonic() + grace
        self._signal.set()

    def join(self, timeout: float) -> bool:
        """Wait for the end after `stop`, at most that many seconds; whether it has come."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _pump(self) -> None:
        give_way_to_requests()
        while True:
            self._signal.clear()
            try:
                idle = self._turn()
            except AzureError as error:
                _LOGGER.warning("queue %s: %s", self._name, type(error).__name__)
                idle = self._seconds_after_fault()
            except Exception:
                # The boundary of the loop: the queue is polled again after any error.
                _LOGGER.exception("queue %s", self._name)
                idle = self._seconds_after_fault()
            if self._stop_at is not None:
                if self._is_drained():
                    return
                idle = _DRAIN_INTERVAL
            self._signal.wait(idle)

    def _turn(self) -> float:
        """Renew messages that run, settle those that have ended, receive new ones.

        Renewals come first: of a message that is not renewed another delivery begins.

        Returns:
            Seconds until the next turn, unless signalled.
        """
        self._renew()
        self._settle()
        if self._stop_at is not None:
            return _DRAIN_INTERVAL
        if len(self._running) > self._policy.new_batch_threshold:
            return self._seconds_to_renewal()
        taken = self._take()
        if taken:
            self._interval = FIRST_INTERVAL
            if len(self._running) <= self._policy.new_batch_threshold:
                return 0.0
            return self._seconds_to_renewal()
        idle = self._interval
        self._interval = min(self._interval * 2, self._policy.max_polling_interval)
        return min(idle, self._seconds_to_renewal())

    def _take(self) -> int:
        patience = self._policy.patience
        pages = self._client.receive_messages(
            messages_per_page=self._policy.batch_size, visibility_timeout=patience.invisible
        ).by_page()
        try:
            messages = list(next(pages, ()))
        except ResourceNotFoundError:
            return 0
        for message in messages:
            running = _Running(message, time.monotonic() + patience.renew_every)
            self._running.append(running)
            body = self._body(message)
            if body is None or (message.dequeue_count or 1) > self._policy.max_dequeue_count:
                # Unreadable, or the host ended in every attempt so far.
                running.failed, running.unreadable = True, body is None
                running.done.set()
                self._signal.set()
            else:
                threading.Thread(target=self._work, args=(running, body), daemon=True).start()
        return len(messages)

    def _work(self, running: _Running, body: bytes) -> None:
        try:
            self._handle(_delivery(running.message, body))
        except Exception:  # noqa: BLE001 - the boundary: any error of a function is one attempt
            running.failed = True
        finally:
            running.done.set()
            self._signal.set()

    def _body(self, message: QueueMessage) -> bytes | None:
        """The decoded content, or None where it is not base64 or not UTF-8."""
        content = str(message.content)
        if not self._policy.base64:
            return content.encode()
        try:
            body = base64.b64decode(content, validate=True)
            body.decode("utf-8")
        except (binascii.Error, ValueError):
            _LOGGER.error("queue %s: message %s is not readable", self._name, message.id)
            return None
        return body

    def _settle(self) -> None:
        for running in [r for r in self._running if r.done.is_set()]:
            try:
                self._finish(running)
            except HttpResponseError as error:
                if not _is_gone(error):
                    raise
                _LOGGER.warning("queue %s: message %s was lost", self._name, running.message.id)
            self._running.remove(running)

    def _finish(self, running: _Running) -> None:
        message, policy = running.message, self._policy
        if running.lost:
            return
        attempts_left = (message.dequeue_count or 1) < policy.max_dequeue_count
        if running.failed and attempts_left and not running.unreadable:
            self._client.update_message(message, visibility_timeout=int(policy.visibility_timeout))
            return
        if running.failed:
            self._poison(str(message.content))
            _LOGGER.error(
                "message poisoned",
                extra={"queue": policy.poison_queue, "messageId": message.id},
            )
        self._client.delete_message(message.id, message.pop_receipt)

    def _poison(self, content: str) -> None:
        poison = self._service.get_queue_client(self._policy.poison_queue)
        try:
            poison.send_message(content, time_to_live=-1)
        except ResourceNotFoundError:
            poison.create_queue()
            poison.send_message(content, time_to_live=-1)

    def _renew(self) -> None:
        now, patience = time.monotonic(), self._policy.patience
        for running in self._running:
            if running.renew_at > now or running.done.is_set() or running.lost:
                continue
            try:
                running.message = self._client.update_message(
                    running.message, visibility_timeout=patience.invisible
                )
                running.renew_at = now + patience.renew_every
            except HttpResponseError as error:
                if not _is_gone(error):
                    raise
                running.lost = True

    def _seconds_after_fault(self) -> float:
        """Until the next turn after one that failed: soon where messages are to be renewed."""
        longest = self._policy.max_polling_interval
        if not self._running:
            return longest
        return min(longest, self._policy.patience.renew_every * _SHARE_AFTER_FAULT)

    def _seconds_to_renewal(self) -> float:
        now = time.monotonic()
        due = [max(r.renew_at - now, 0.0) for r in self._running if not r.lost]
        return min(due, default=self._policy.max_polling_interval)

    def _is_drained(self) -> bool:
        if not self._running:
            return True
        if self._stop_at is None or time.monotonic() < self._stop_at:
            return False
        for running in self._running:
            _LOGGER.warning("queue %s: message %s released", self._name, running.message.id)
            try:
                self._client.update_message(running.message, visibility_timeout=0)
            except AzureError as error:
                _LOGGER.warning("queue %s: %s", self._name, type(error).__name__)
        return True


def _is_gone(error: HttpResponseError) -> bool:
    """Whether the message was deleted or another receiver has it."""
    return error.status_code in (400, 404)


def _delivery(message: QueueMessage, body: bytes) -> Delivery:
    return Delivery(
        id=message.id,
        body=body,
        dequeue_count=message.dequeue_count or 1,
        pop_receipt=message.pop_receipt or "",
        inserted_on=message.inserted_on,
        expires_on=message.expires_on,
        next_visible_on=message.next_visible_on,
    )
