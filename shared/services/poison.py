"""Messages that failed on every attempt: lists them and delivers one again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from shared.domain.errors import PoisonMessageNotFound
from shared.storage.account.poison import PoisonMessage, PoisonQueues
from shared.storage.account.queues import MAXIMUM_PEEK, QueueSender
from shared.storage.layout import POISON_QUEUES, POISONED_BLOBS, QUEUES, UPLOADS, poison_queue

_SOURCES = {poison_queue(queue): queue for queue in QUEUES}
_SEPARATOR = "."


class _PoisonedBlob(msgspec.Struct, rename="pascal"):
    blob_name: str


@dataclass(frozen=True, slots=True)
class ListedPoison:
    """Poison messages, oldest of each queue first.

    Attributes:
        more: whether a queue may have more than are listed.
    """

    messages: Sequence[PoisonMessage]
    more: bool


class PoisonMessages:
    """Lists and replays poison messages.

    Args:
        ingest: ingests an upload by name.
    """

    def __init__(
        self, poison: PoisonQueues, queues: QueueSender, ingest: Callable[[str], object]
    ) -> None:
        self._poison = poison
        self._queues = queues
        self._ingest = ingest

    def listing(self) -> ListedPoison:
        """Up to 32 messages of each poison queue."""
        found = [self._poison.listed(queue) for queue in POISON_QUEUES]
        return ListedPoison(
            [message for messages in found for message in messages],
            any(len(messages) >= MAXIMUM_PEEK for messages in found),
        )

    def replay(self, poison_id: str) -> str:
        """Deliver a message again and remove it from its poison queue.

        A message is sent to its own queue; an upload is ingested at once. If the service stops in
        between, the message is delivered twice, which every queue function tolerates.

        Returns:
            The queue that the message was sent to; ``uploads`` for an upload.

        Raises:
            PoisonMessageNotFound: there is no such message, or another call replays it.
        """
        queue, _, message_id = poison_id.partition(_SEPARATOR)
        message = self._poison.take(queue, message_id) if queue in POISON_QUEUES else None
        if message is None:
            raise PoisonMessageNotFound
        if queue == POISONED_BLOBS:
            self._ingest(msgspec.json.decode(message.text, type=_PoisonedBlob).blob_name)
        else:
            self._queues.send(_SOURCES[queue], message.text)
        self._poison.remove(message)
        return source_of(queue)


def poison_id(message: PoisonMessage) -> str:
    """The id that names a message to callers: its queue and the id within it."""
    return f"{message.queue}{_SEPARATOR}{message.message_id}"


def source_of(queue: str) -> str:
    """Where a message of a poison queue is replayed: a queue, or ``uploads``."""
    return _SOURCES.get(queue, UPLOADS)
