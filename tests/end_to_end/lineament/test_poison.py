"""Poison messages: listed with what they are about, and delivered again."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.end_to_end.poison_queue import poisoned
from tests.end_to_end.refusals import refused
from tests.end_to_end.service import RunningService, eventually
from tests.images import portrait


def listed(service: RunningService) -> dict[str, dict[str, Any]]:
    """The listed messages by id."""
    return {one["id"]: one for one in service.own("GET", "poison")["messages"]}


def test_a_poison_message_is_listed_and_goes_back_to_its_queue(service: RunningService) -> None:
    content = {"incarnation": str(uuid.uuid4()), "kind": "PersonGroup", "partition": "0"}
    first = poisoned(service, "purge-poison", {"other": True})
    poison_id = poisoned(service, "purge-poison", content)
    message = listed(service)[poison_id]
    assert message["queue"] == "purge-poison"
    assert message["replaysTo"] == "purge"
    assert message["content"] == content
    assert message["inserted"] < message["expires"]
    answer = service.own("POST", f"poison/{poison_id}/replay")
    assert answer == {"id": poison_id, "queue": "purge"}
    left = listed(service)
    assert poison_id not in left
    assert first in left, "a message that was passed over is visible at once"
    again = service.call_own("POST", f"poison/{poison_id}/replay")
    assert refused(again, 404)["code"] == "PoisonMessageNotFound"


def test_a_poisoned_upload_is_ingested_by_its_replay(service: RunningService) -> None:
    name = f"{uuid.uuid4().hex}.jpg"
    image = portrait("person_a_1").read_bytes()
    service.call_own("PUT", f"uploads/{name}", image=image)
    eventually(lambda: service.own("GET", f"uploads/{name}").get("result"))
    content = {"Type": "BlobTrigger", "ContainerName": "uploads", "BlobName": name}
    poison_id = poisoned(service, "webjobs-blobtrigger-poison", content)
    assert listed(service)[poison_id]["replaysTo"] == "uploads"
    answer = service.own("POST", f"poison/{poison_id}/replay")
    assert answer["queue"] == "uploads"
    assert poison_id not in listed(service)


@pytest.mark.parametrize("poison_id", ["x", "training.1", "training-poison.1", "results.a"])
def test_a_message_that_does_not_exist_is_an_error(service: RunningService, poison_id: str) -> None:
    answer = service.call_own("POST", f"poison/{poison_id}/replay")
    assert refused(answer, 404)["code"] == "PoisonMessageNotFound"
