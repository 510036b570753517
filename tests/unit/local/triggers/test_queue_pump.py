"""Queue pumps on a real queue of Azurite, with short times."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from azure.core.exceptions import ServiceRequestError
from azure.storage.queue import QueueClient, QueueMessage, QueueServiceClient

from local.triggers.queue_pump import Delivery, Patience, PumpPolicy, QueuePump, encoded

POISON = "poison-of-tests"


@pytest.fixture
def service(azurite: str) -> Iterator[QueueServiceClient]:
    with QueueServiceClient.from_connection_string(azurite) as service:
        yield service


@pytest.fixture
def queue(service: QueueServiceClient) -> Iterator[QueueClient]:
    with service.create_queue(f"q-{uuid4()}") as queue:
        yield queue


def policy(
    *, batch_size: int = 1, threshold: int = 0, invisible: int = 2, polling: float = 0.2
) -> PumpPolicy:
    return PumpPolicy(
        poison_queue=POISON,
        batch_size=batch_size,
        new_batch_threshold=threshold,
        max_dequeue_count=2,
        visibility_timeout=0,
        max_polling_interval=polling,
        base64=True,
        patience=Patience(invisible=invisible, renew_every=0.5),
    )


def send(queue: QueueClient, text: str) -> None:
    queue.send_message(encoded(text, in_base64=True))


def count(queue: QueueClient) -> int:
    return queue.get_queue_properties().approximate_message_count or 0


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def stop(pump: QueuePump, grace: float = 10) -> None:
    pump.stop(grace)
    pump.join(grace + 10)


def test_a_long_message_is_processed_once_because_its_visibility_is_renewed(
    service: QueueServiceClient, queue: QueueClient
) -> None:
    attempts: list[int] = []

    def handle(delivery: Delivery) -> None:
        attempts.append(delivery.dequeue_count)
        time.sleep(4)

    pumps = [
        QueuePump(service, str(queue.queue_name), handle, policy(invisible=3)) for _ in range(2)
    ]
    send(queue, "long")
    for pump in pumps:
        pump.start()
    wait_for(lambda: bool(attempts))
    wait_for(lambda: count(queue) == 0)
    for pump in pumps:
        stop(pump)
    assert attempts == [1]


def test_a_renewal_that_fails_is_repeated_long_before_the_next_poll(
    service: QueueServiceClient, queue: QueueClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    update = QueueClient.update_message
    renewals: list[QueueClient] = []

    def interrupted(client: QueueClient, *arguments: Any, **options: Any) -> QueueMessage:
        renewals.append(client)
        if len(renewals) == 1:
            raise ServiceRequestError("no connection")
        return update(client, *arguments, **options)

    monkeypatch.setattr(QueueClient, "update_message", interrupted)
    attempts: list[int] = []

    def handle(delivery: Delivery) -> None:
        attempts.append(delivery.dequeue_count)
        wait_for(lambda: len(renewals) > 2)

    send(queue, "long")
    pump = QueuePump(service, str(queue.queue_name), handle, policy(polling=3_600))
    pump.start()
    wait_for(lambda: bool(attempts) and count(queue) == 0)
    stop(pump)
    assert attempts == [1]


def test_a_message_of_a_worker_that_died_is_delivered_again(
    service: QueueServiceClient, queue: QueueClient
) -> None:
    send(queue, "again")
    next(queue.receive_messages(messages_per_page=1, visibility_timeout=1).by_page())
    seen: list[Delivery] = []
    pump = QueuePump(service, str(queue.queue_name), seen.append, policy())
    pump.start()
    wait_for(lambda: bool(seen) and count(queue) == 0)
    stop(pump)
    assert [(delivery.body, delivery.dequeue_count) for delivery in seen] == [(b"again", 2)]


def test_a_message_whose_worker_died_in_every_attempt_is_poisoned_without_a_call(
    service: QueueServiceClient, queue: QueueClient
) -> None:
    text = str(uuid4())
    send(queue, text)
    for _ in range(2):
        wait_for(
            lambda: bool(list(next(queue.receive_messages(visibility_timeout=1).by_page(), ())))
        )
    seen: list[Delivery] = []
    pump = QueuePump(service, str(queue.queue_name), seen.append, policy())
    pump.start()
    wait_for(lambda: count(queue) == 0)
    stop(pump)
    assert seen == []
    poisoned = service.get_queue_client(POISON).peek_messages(max_messages=32)
    assert text in [base64.b64decode(message.content).decode() for message in poisoned]


@pytest.mark.parametrize("content", ["{}", base64.b64encode(b"\xff").decode()])
def test_an_unreadable_message_is_poisoned_at_once_and_the_queue_goes_on(
    service: QueueServiceClient, queue: QueueClient, content: str
) -> None:
    queue.send_message(content)
    send(queue, "good")
    seen: list[bytes] = []
    pump = QueuePump(
        service, str(queue.queue_name), lambda delivery: seen.append(delivery.body), policy()
    )
    pump.start()
    wait_for(lambda: count(queue) == 0)
    stop(pump)
    assert seen == [b"good"]
    poisoned = service.get_queue_client(POISON).peek_messages(max_messages=32)
    assert content in [message.content for message in poisoned]


def test_no_more_messages_run_at_once_than_the_policy_says(
    service: QueueServiceClient, queue: QueueClient
) -> None:
    lock, running, highest, done = threading.Lock(), 0, 0, 0

    def handle(_: Delivery) -> None:
        nonlocal running, highest, done
        with lock:
            running += 1
            highest = max(highest, running)
        time.sleep(0.1)
        with lock:
            running -= 1
            done += 1

    for number in range(8):
        send(queue, str(number))
    pump = QueuePump(
        service, str(queue.queue_name), handle, policy(batch_size=1, threshold=1, invisible=30)
    )
    pump.start()
    wait_for(lambda: done == 8)
    wait_for(lambda: count(queue) == 0)
    stop(pump)
    assert highest == 2


def test_a_message_that_outlasts_the_stop_is_released_at_once(
    service: QueueServiceClient, queue: QueueClient
) -> None:
    began, release = threading.Event(), threading.Event()

    def handle(_: Delivery) -> None:
        began.set()
        release.wait(20)

    send(queue, "endless")
    pump = QueuePump(service, str(queue.queue_name), handle, policy(invisible=600))
    pump.start()
    assert began.wait(10)
    stop(pump, grace=0.2)
    (message,) = queue.receive_messages(max_messages=1)
    release.set()
    assert message.dequeue_count == 2
