"""Responses while Cosmos DB has no request units left."""

from __future__ import annotations

from tests.cosmos_server.faults import Fault
from tests.cosmos_server.server import CosmosServer
from tests.end_to_end.service import RunningService
from tests.images import portrait


def test_a_throttled_caller_succeeds_after_the_retry_time(
    cosmos_service: RunningService, cosmos_server: CosmosServer
) -> None:
    image = portrait("person_a_1").read_bytes()
    cosmos_service.faces(image)
    cosmos_server.faults.inject(Fault(429, {"x-ms-retry-after-ms": "20"}, times=1_000))

    refused = cosmos_service.call("POST", "detect", image=image)
    cosmos_server.faults.clear()

    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "1"
    assert refused.json()["error"]["code"] == "429"
    assert len(cosmos_service.faces(image)) == 1


def test_a_short_throttling_is_not_visible_to_callers(
    cosmos_service: RunningService, cosmos_server: CosmosServer
) -> None:
    cosmos_server.faults.inject(Fault(429, {"x-ms-retry-after-ms": "20"}, times=3))
    assert len(cosmos_service.faces(portrait("person_a_1").read_bytes())) == 1


def test_while_cosmos_does_not_answer_the_service_is_unavailable(
    cosmos_service: RunningService, cosmos_server: CosmosServer
) -> None:
    cosmos_server.faults.inject(Fault(503, times=1_000))

    refused = cosmos_service.call("GET", "persongroups")
    cosmos_server.faults.clear()

    assert refused.status_code == 503
    assert refused.headers["Retry-After"] == "1"
    assert cosmos_service.call("GET", "persongroups").status_code == 200
