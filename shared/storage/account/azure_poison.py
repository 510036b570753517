"""Poison queues in Azure Storage or Azurite."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from azure.core.exceptions import ResourceNotFoundError

from shared.storage.account.azure_queues import decoded_text
from shared.storage.account.errors import storage_faults
from shared.storage.account.poison import PoisonMessage
from shared.storage.account.queues import MAXIMUM_PEEK

if TYPE_CHECKING:
    from azure.storage.queue import QueueMessage, QueueServiceClient

_HIDDEN = 60
"""Seconds for which a message is hidden while it is replayed."""
_MOST_SEARCHED = 1_024
"""Maximum number of messages of a queue that are searched for one."""


class AzurePoisonQueues:
    """PoisonQueues over azure-storage-queue. Thread-safe."""

    def __init__(self, service: QueueServiceClient) -> None:
        """Use the account of this client; the caller closes it."""
        self._service = service

    def listed(self, queue: str) -> Sequence[PoisonMessage]:
        """See PoisonQueues.listed."""
        with storage_faults():
            try:
                client = self._service.get_queue_client(queue)
                return [_message(queue, one) for one in client.peek_messages(MAXIMUM_PEEK)]
            except ResourceNotFoundError:
                return []

    def take(self, queue: str, message_id: str) -> PoisonMessage | None:
        """See PoisonQueues.take. Other messages that it receives become visible again at once."""
        client = self._service.get_queue_client(queue)
        others: list[QueueMessage] = []
        found: PoisonMessage | None = None
        with storage_faults():
            try:
                for message in self._received(queue):
                    if message.id == message_id:
                        found = _message(queue, message)
                        break
                    others.append(message)
                for other in others:
                    client.update_message(other, visibility_timeout=0)
            except ResourceNotFoundError:
                return None
            return found

    def remove(self, message: PoisonMessage) -> None:
        """See PoisonQueues.remove.

        Raises:
            ValueError: the message was not taken.
        """
        if message.receipt is None:
            raise ValueError("Only a message that was taken can be removed.")
        # Another replay that received it after a minute may have removed it.
        with storage_faults(), suppress(ResourceNotFoundError):
            client = self._service.get_queue_client(message.queue)
            client.delete_message(message.message_id, message.receipt)

    def _received(self, queue: str) -> Iterator[QueueMessage]:
        client = self._service.get_queue_client(queue)
        yield from client.receive_messages(
            messages_per_page=MAXIMUM_PEEK, visibility_timeout=_HIDDEN, max_messages=_MOST_SEARCHED
        )


def _message(queue: str, message: QueueMessage) -> PoisonMessage:
    return PoisonMessage(
        queue=queue,
        message_id=str(message.id),
        text=decoded_text(str(message.content)),
        inserted=_known(message.inserted_on),
        expires=_known(message.expires_on),
        deliveries=int(message.dequeue_count or 0),
        receipt=message.pop_receipt,
    )


def _known(moment: datetime | None) -> datetime:
    if moment is None:
        raise ValueError("Azure Storage returned a message without its times.")
    return moment
