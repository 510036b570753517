"""The queue sender against a real storage emulator."""

from __future__ import annotations

import base64

import pytest

from shared.domain.errors import Unavailable
from shared.storage.account.azure_queues import MAXIMUM_TEXT_BYTES, AzureQueueSender
from shared.storage.account.clients import StorageClients


@pytest.fixture
def sender(clients: StorageClients) -> AzureQueueSender:
    return AzureQueueSender(clients.queues)


def test_a_message_is_base64_of_the_text_as_the_functions_host_expects(
    sender: AzureQueueSender, clients: StorageClients, queue: str
) -> None:
    sender.send(queue, '{"name": "Zoë <&>"}')

    message = clients.queues.get_queue_client(queue).receive_message()
    assert message is not None
    assert base64.b64decode(message.content).decode() == '{"name": "Zoë <&>"}'


def test_peeking_shows_texts_in_order_and_leaves_them(sender: AzureQueueSender, queue: str) -> None:
    for text in ("one", "two", "three"):
        sender.send(queue, text)

    assert sender.peek(queue, limit=2) == ["one", "two"]
    assert sender.peek(queue) == ["one", "two", "three"]


def test_a_delayed_message_is_not_visible_yet(sender: AzureQueueSender, queue: str) -> None:
    sender.send(queue, "later", delay=600)

    assert sender.peek(queue) == []


def test_a_message_that_others_sent_as_plain_text_is_shown_as_it_is(
    sender: AzureQueueSender, clients: StorageClients, queue: str
) -> None:
    clients.queues.get_queue_client(queue).send_message("no base64!")

    assert sender.peek(queue) == ["no base64!"]


def test_the_longest_message_fits(sender: AzureQueueSender, queue: str) -> None:
    sender.send(queue, "x" * MAXIMUM_TEXT_BYTES)

    assert sender.peek(queue) == ["x" * MAXIMUM_TEXT_BYTES]


def test_a_longer_message_is_refused(sender: AzureQueueSender, queue: str) -> None:
    with pytest.raises(ValueError, match="at most 49152 bytes"):
        sender.send(queue, "é" * (MAXIMUM_TEXT_BYTES // 2 + 1))


@pytest.mark.parametrize("limit", [0, 33])
def test_peeking_at_an_impossible_number_is_refused(
    sender: AzureQueueSender, queue: str, limit: int
) -> None:
    with pytest.raises(ValueError, match="1 to 32"):
        sender.peek(queue, limit=limit)


def test_a_queue_that_is_not_there_holds_nothing_and_takes_nothing(
    sender: AzureQueueSender,
) -> None:
    assert sender.peek("no-such-queue") == []
    with pytest.raises(Unavailable, match="container or queue of this service is missing"):
        sender.send("no-such-queue", "text")


def test_unreachable_queues_are_unavailable(unreachable: StorageClients) -> None:
    sender = AzureQueueSender(unreachable.queues)

    with pytest.raises(Unavailable):
        sender.send("training", "text")
    with pytest.raises(Unavailable):
        sender.peek("training")
