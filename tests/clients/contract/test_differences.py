"""Differences from the contract are documented, and undocumented ones are detected."""

from __future__ import annotations

from pathlib import Path

from tests.clients.contract.differences import KNOWN, departures, is_explained
from tests.clients.contract.recorder import Exchange

PAGE = Path(__file__).resolve().parents[3] / "docs" / "differences.md"


def test_every_known_departure_has_its_reason_in_the_documentation() -> None:
    page = PAGE.read_text("utf-8")
    for _, word in KNOWN:
        assert f"`{word}`" in page


def test_an_undocumented_status_is_a_departure() -> None:
    headers = {"apim-request-id": "1", "content-type": "application/json"}
    body = b'{"error": {"code": "Teapot", "message": "I am one."}}'
    exchange = Exchange("POST", "/face/v1.2/detect", 418, headers, body)
    assert departures(exchange, []) == ["POST detect: 418 is not documented"]


def test_an_error_without_a_message_is_a_departure() -> None:
    exchange = Exchange("POST", "/face/v1.2/group", 400, {"apim-request-id": "1"}, b"{}")
    (problem,) = departures(exchange, [])
    assert problem.endswith("the error has no code and message")
    assert not is_explained(problem)
