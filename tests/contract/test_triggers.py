"""Queues, events and timers of the local host, as observed with Microsoft's Functions host.

The observations are of 2026-11-26, host 4.1037.0. One differs: the host loses an event for an
unknown function without a trace; this host logs an error.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from azure.storage.blob import BlobBlock

from tests.contract.running_host import RunningHost
from tests.end_to_end.service import eventually

pytestmark = pytest.mark.timeout(120)

WEBHOOK = "/runtime/webhooks/blobs"
INTERNAL_QUEUE = "azure-webjobs-blobtrigger-local"
POISONED_BLOBS = "webjobs-blobtrigger-poison"
FAILED = base64.b64encode(b"fail").decode()


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    with RunningHost(tmp_path_factory.mktemp("host")) as running:
        running.queues.create_queue("orders")
        running.blobs.create_container("inbox")
        yield running


def post(
    host: RunningHost, content: bytes | Any, *, function: str = "on_blob", code: str = ""
) -> httpx.Response:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return host.http.post(WEBHOOK, params=query(host, function, code), content=body)


def query(host: RunningHost, function: str = "on_blob", code: str = "") -> dict[str, str]:
    return {
        "functionName": f"Host.Functions.{function}",
        "code": code or host.host_key("blobs_extension"),
    }


def event(blob: str, *, container: str = "inbox", kind: str = "BlobCreated") -> dict[str, Any]:
    """An event in Event Grid's schema."""
    return {
        "subject": f"/blobServices/default/containers/{container}/blobs/{blob}",
        "eventType": f"Microsoft.Storage.{kind}",
        "data": {"eTag": "0x1", "blobType": "BlockBlob"},
    }


def cloud_event(blob: str) -> dict[str, Any]:
    grid = event(blob)
    return {
        "specversion": "1.0",
        "type": grid["eventType"],
        "source": "/subscriptions/local",
        "subject": grid["subject"],
        "data": grid["data"],
    }


def upload(host: RunningHost, blob: str, content: bytes = b"content") -> None:
    """Upload a blob and wait for the run that its own event causes."""
    host.blobs.get_blob_client("inbox", blob).upload_blob(content)
    eventually(lambda: True if host.runs(blob) else None)


def test_the_webhook_answers_the_subscription_handshake(host: RunningHost) -> None:
    handshake = {
        "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
        "data": {"validationCode": "512d38b6"},
    }
    response = post(host, [handshake])
    assert response.status_code == 200
    assert response.json() == {"validationResponse": "512d38b6"}


def test_the_webhook_answers_the_handshake_of_cloud_events(host: RunningHost) -> None:
    headers = {"WebHook-Request-Origin": "eventgrid.azure.net"}
    response = host.http.request("OPTIONS", WEBHOOK, params=query(host), headers=headers)
    assert response.status_code == 200
    assert response.headers["webhook-allowed-origin"] == "eventgrid.azure.net"
    refused = host.http.request("OPTIONS", WEBHOOK, params=query(host, code="wrong"))
    assert refused.status_code == 401


def test_the_webhook_requires_its_key(host: RunningHost) -> None:
    assert post(host, [event("x")], code="wrong").status_code == 401
    assert host.http.post(WEBHOOK, json=[event("x")]).status_code == 401


@pytest.mark.parametrize("content", [b"{", b"\xff", b"5", b'["text"]', b"[" * 5_000])
def test_what_is_no_event_is_500(host: RunningHost, content: bytes) -> None:
    response = post(host, content)
    assert (response.status_code, response.content) == (500, b"")


def test_an_event_for_an_unknown_function_is_accepted_and_lost(host: RunningHost) -> None:
    assert post(host, [event("x")], function="other").status_code == 202
    assert host.is_empty(INTERNAL_QUEUE)
    lost = [line for line in host.log() if line["event"] == "event lost: unknown function"]
    assert [line["function"] for line in lost] == ["Host.Functions.other"]


@pytest.mark.parametrize(
    ("blob", "content"),
    [
        ("single.bin", event("single.bin")),
        ("listed.bin", [event("listed.bin")]),
        ("cloud.bin", cloud_event("cloud.bin")),
        ("clouds.bin", [cloud_event("clouds.bin")]),
        ("deleted.bin", [event("deleted.bin", kind="BlobDeleted")]),
        ("renamed.bin", [event("renamed.bin", kind="BlobRenamed")]),
    ],
)
def test_an_event_of_any_schema_and_type_runs_the_function(
    host: RunningHost, blob: str, content: Any
) -> None:
    upload(host, blob)
    assert post(host, content).status_code == 202
    eventually(lambda: True if len(host.runs(blob)) == 2 else None)


def test_an_event_of_a_blob_that_is_gone_runs_nothing(host: RunningHost) -> None:
    assert post(host, [event("gone.bin")]).status_code == 202
    upload(host, "after-gone.bin")
    eventually(lambda: True if host.is_empty(INTERNAL_QUEUE) else None)
    assert host.runs("gone.bin") == []
    assert "gone.bin" not in "".join(host.messages(POISONED_BLOBS))


def test_an_event_of_another_container_runs_nothing(host: RunningHost) -> None:
    assert post(host, [event("x", container="results")]).status_code == 202
    assert host.is_empty(INTERNAL_QUEUE)


@pytest.mark.parametrize("blob", ["dir/ä b%20c.jpg", "a#b?c+d.jpg", "tab\there.jpg", "👩‍👧.jpg"])
def test_an_uploaded_blob_of_any_name_reaches_its_function(host: RunningHost, blob: str) -> None:
    upload(host, blob, b"content")
    assert host.runs(blob) == ["content"]


def test_a_blob_of_committed_blocks_makes_one_event(host: RunningHost) -> None:
    blob = host.blobs.get_blob_client("inbox", "blocks.bin")
    blob.stage_block("AAAA", b"one")
    blob.stage_block("BBBB", b"two")
    blob.commit_block_list([BlobBlock("AAAA"), BlobBlock("BBBB")])
    blob.set_blob_metadata({"a": "b"})
    upload(host, "after.bin")
    # Two blobs are worked on at a time, in no order.
    eventually(lambda: True if host.runs("blocks.bin") else None)
    assert host.runs("blocks.bin") == ["onetwo"]


def test_a_blob_that_fails_five_times_ends_on_the_poison_queue(host: RunningHost) -> None:
    host.blobs.get_blob_client("inbox", "bad.bin").upload_blob(b"fail")
    eventually(lambda: True if host.messages(POISONED_BLOBS) else None, seconds=40)
    (poisoned,) = map(json.loads, host.messages(POISONED_BLOBS))
    assert poisoned.pop("ETag")
    assert poisoned == {
        "Type": "BlobTrigger",
        "FunctionId": "Host.Functions.on_blob",
        "BlobType": "BlockBlob",
        "ContainerName": "inbox",
        "BlobName": "bad.bin",
    }
    assert len(host.runs("bad.bin")) == 5
    eventually(lambda: True if host.is_empty(INTERNAL_QUEUE) else None)


def test_a_message_reaches_its_function_once(host: RunningHost) -> None:
    host.send("orders", "hello")
    eventually(lambda: True if host.attempts("hello") else None)
    eventually(lambda: True if host.is_empty("orders") else None)
    assert host.attempts("hello") == [1]


def test_an_empty_message_reaches_its_function(host: RunningHost) -> None:
    host.send("orders", "")
    eventually(lambda: True if host.attempts("") else None)
    eventually(lambda: True if host.is_empty("orders") else None)
    assert host.attempts("") == [1]


def test_a_message_that_fails_five_times_ends_on_the_poison_queue(host: RunningHost) -> None:
    host.send("orders", "fail")
    eventually(lambda: True if FAILED in host.raw_messages("orders-poison") else None, seconds=40)
    assert host.attempts("fail") == [1, 2, 3, 4, 5]
    eventually(lambda: True if host.is_empty("orders") else None)


@pytest.mark.parametrize("content", ["no base64 !", base64.b64encode(b"\xff\xfe").decode()])
def test_an_unreadable_message_ends_on_the_poison_queue_without_a_call(
    host: RunningHost, content: str
) -> None:
    before = len(host.journal("message"))
    host.queues.get_queue_client("orders").send_message(content)
    eventually(lambda: True if content in host.raw_messages("orders-poison") else None)
    assert len(host.journal("message")) == before


def test_a_timer_that_runs_on_startup_ran(host: RunningHost) -> None:
    eventually(lambda: True if host.journal("timer") else None)
    assert host.journal("timer") == [{"past_due": False}]
