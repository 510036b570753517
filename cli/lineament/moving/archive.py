"""Collections as lines of JSON: Lineament's archive, exported and imported page by page."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from lineament.connection.client import Client
from lineament.errors import LineRefused, Refused
from lineament.service.collections import Collection

PATH = "lineament/v1/archive"
CONTINUATION = "Lineament-Continuation"
_PAGE_BYTES = 4_000_000
_PAGE_LINES = 5_000
_NDJSON = "application/x-ndjson"
_REFUSED_LINE = re.compile(r"Line (\d{1,9}): (.+)", re.DOTALL)


def export_pages(
    client: Client, collection: str, *, embeddings: bool, start: str | None = None
) -> Iterator[tuple[bytes, str | None]]:
    """The pages of a collection: their lines, and where the next begins; None after the last."""
    while True:
        query = {"collection": collection, "embeddings": embeddings, "start": start}
        response = client.call("GET", PATH, query=query)
        start = response.headers.get(CONTINUATION)
        yield response.content, start
        if start is None:
            return


def import_lines(
    client: Client,
    collection: str,
    lines: Iterable[bytes],
    done: Callable[[int], None] = lambda _: None,
) -> dict[str, Any]:
    """Import the lines of one collection, in pages; returns the service's counts, added up.

    Args:
        done: called with the number of bytes of every page that was imported.

    Raises:
        LineRefused: the service rejects a line; nothing of its page was imported.
    """
    counts: dict[str, Counter[str]] = {}
    before = 0
    for page in _pages(lines):
        for what, numbers in _import_page(client, collection, page, before).items():
            counts.setdefault(what, Counter()).update(numbers)
        before += page.count(b"\n")
        done(len(page))
    return {what: dict(numbers) for what, numbers in counts.items()}


def _import_page(client: Client, collection: str, page: bytes, before: int) -> dict[str, Any]:
    """Import some lines, which ``before`` others preceded; returns the service's counts."""
    try:
        answer = client.call(
            "POST",
            PATH,
            content=page,
            content_type=_NDJSON,
            query={"collection": collection},
            repeatable=True,
        )
    except Refused as error:
        found = _REFUSED_LINE.fullmatch(error.message)
        if found is None:
            raise
        line = before + int(found[1])
        raise LineRefused(line, found[2], code=error.code, status=error.status) from None
    counts: dict[str, Any] = answer.json()
    return counts


def collection_line(
    collection: Collection,
    name: str,
    user_data: str | None,
    recognition_model: str,
    gate: dict[str, str] | None = None,
) -> bytes:
    """The first line of a collection; without a gate it gets none."""
    line = {
        "type": "collection",
        "format": "lineament-archive",
        "formatVersion": 1,
        "collection": str(collection),
        "name": name,
        "userData": user_data,
        "recognitionModel": recognition_model,
        "gate": gate,
    }
    return encoded(line)


def person_line(person_id: str, name: str, user_data: str | None) -> bytes:
    """The line of a person."""
    line = {"type": "person", "personId": person_id, "name": name, "userData": user_data}
    return encoded(line)


def encoded(line: dict[str, Any]) -> bytes:
    """A line of an archive; members that are None are left out."""
    return json.dumps({k: v for k, v in line.items() if v is not None}).encode() + b"\n"


def _pages(lines: Iterable[bytes]) -> Iterator[bytes]:
    page: list[bytes] = []
    size = 0
    for line in lines:
        if page and (size + len(line) > _PAGE_BYTES or len(page) == _PAGE_LINES):
            yield b"".join(page)
            page, size = [], 0
        page.append(line)
        size += len(line)
    if page:
        yield b"".join(page)
