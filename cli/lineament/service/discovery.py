"""Duplicates of a collection's persons, and unknown people of uploads."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from lineament.connection.client import Client

_DUPLICATES = "lineament/v1/duplicates"
_UNKNOWNS = "lineament/v1/unknowns"
_PAGE = 1_000
_RUNNING = "running"
_PAUSE = 2.0
"""Seconds between two questions how far a search is."""


def find_duplicates(
    client: Client,
    collection: str,
    threshold: float | None,
    *,
    progress: Callable[[int], None],
    pause: Callable[[float], None] = time.sleep,
) -> dict[str, Any]:
    """All pairs and mixed persons of a collection; waits for a search that a queue carries out.

    Args:
        collection: ``kind/id``, or ``persondirectory``.
        progress: is called with the percentage of such a search.
    """
    query: dict[str, object] = {"collection": collection, "confidenceThreshold": threshold}
    query["top"] = _PAGE
    pairs: list[dict[str, Any]] = []
    mixed: list[dict[str, Any]] = []
    while True:
        page = client.json("GET", _DUPLICATES, query=query)
        if page["status"] == _RUNNING:
            progress(page["percent"])
            pause(_PAUSE)
            continue
        pairs += page["pairs"]
        mixed += page["mixed"]
        if "continuation" not in page:
            return {**page, "pairs": pairs, "mixed": mixed}
        query["start"] = page["continuation"]


def list_unknowns(client: Client) -> Iterator[dict[str, Any]]:
    """All unknown people, by how often they were seen."""
    start: str | None = None
    while True:
        page = client.json("GET", _UNKNOWNS, query={"start": start, "top": _PAGE})
        yield from page["unknowns"]
        if "continuation" not in page:
            return
        start = page["continuation"]


def promote_unknown(client: Client, unknown: str, body: dict[str, str]) -> dict[str, Any]:
    """Make an unknown person a person of a collection; returns personId and persistedFaceIds."""
    made: dict[str, Any] = client.json("POST", f"{_path(unknown)}/promote", json=body)
    return made


def merge_unknowns(client: Client, unknown: str, other: str) -> dict[str, Any]:
    """Merge another unknown person into one, and return that."""
    merged: dict[str, Any] = client.json(
        "POST", f"{_path(unknown)}/merge", json={"unknownId": other}
    )
    return merged


def forget_unknown(client: Client, unknown: str) -> None:
    """Forget an unknown person."""
    client.json("DELETE", _path(unknown))


def _path(unknown: str) -> str:
    return f"{_UNKNOWNS}/{quote(unknown, safe='')}"
