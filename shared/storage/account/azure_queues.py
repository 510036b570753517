"""Queues in Azure Storage or Azurite."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import TextBase64EncodePolicy

from shared.storage.account.errors import storage_faults
from shared.storage.account.queues import MAXIMUM_PEEK

if TYPE_CHECKING:
    from azure.storage.queue import QueueServiceClient

MAXIMUM_TEXT_BYTES = 48 * 1024
"""In base64 it has 64 KiB, the queue's maximum."""


class AzureQueueSender:
    """A QueueSender over azure-storage-queue. Thread-safe."""

    def __init__(self, service: QueueServiceClient) -> None:
        """Use the account of this client; the caller closes it."""
        self._service = service

    def send(self, queue: str, text: str, *, delay: int = 0) -> None:
        """See QueueSender.send.

        Raises:
            ValueError: the text is longer than 48 KiB.
            Unavailable: the storage account cannot be reached, or the queue does not exist.
        """
        if len(text.encode()) > MAXIMUM_TEXT_BYTES:
            raise ValueError(f"A message may have at most {MAXIMUM_TEXT_BYTES} bytes.")
        client = self._service.get_queue_client(
            queue, message_encode_policy=TextBase64EncodePolicy()
        )
        with storage_faults():
            client.send_message(text, visibility_timeout=delay)

    def peek(self, queue: str, *, limit: int = MAXIMUM_PEEK) -> list[str]:
        """See QueueSender.peek. A missing queue is empty.

        Raises:
            ValueError: limit is not 1 to 32.
            Unavailable: the storage account cannot be reached.
        """
        if not 1 <= limit <= MAXIMUM_PEEK:
            raise ValueError(f"Peek at 1 to {MAXIMUM_PEEK} messages, not {limit}.")
        with storage_faults():
            try:
                messages = self._service.get_queue_client(queue).peek_messages(limit)
                return [decoded_text(str(message.content)) for message in messages]
            except ResourceNotFoundError:
                return []


def decoded_text(content: str) -> str:
    """The text of a message; a message that is not base64 is its own text."""
    try:
        return base64.b64decode(content, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return content
