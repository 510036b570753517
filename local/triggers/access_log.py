"""Parses Azurite's access log, which reports every request within milliseconds.

    127.0.0.1 - - [22/Nov/2026:21:54:49 +0000] "PUT /account/uploads/a%20b.jpg HTTP/1.1" 201 -

Clients that address the account by host (`http://account.blob.localhost:10000`) leave it out of
the path; both styles are read.

A line is a hint that something was written, not proof: the reader checks the storage itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote

from local.emulator.azurite import ACCOUNT

_LINE = re.compile(
    rf'"(?P<method>[A-Z]+) /(?:{ACCOUNT}/)?(?P<target>\S+) HTTP/[\d.]+" (?P<status>\d\d\d)\b'
)

_WRITES = frozenset({"", "blocklist", "appendblock"})
"""Values of ``comp`` in requests that write a blob's content."""


@dataclass(frozen=True, slots=True)
class BlobWritten:
    """A blob was put, copied or appended to, or its block list committed."""

    container: str
    blob: str


@dataclass(frozen=True, slots=True)
class MessageSent:
    """A message was put on a queue."""

    queue: str


def read_line(line: str) -> BlobWritten | MessageSent | None:
    """The blob or message that a line reports as written, or None.

    What Event Grid calls BlobCreated counts (Put Blob, Copy Blob, Put Block List), and so does a
    block appended to an append blob, whose content is complete with any of them. The upload of
    single blocks and pages, and changes of metadata, tags, properties or leases, do not count.
    """
    found = _LINE.search(line)
    if found is None or found["status"] not in ("201", "202"):
        return None
    path, _, query_string = found["target"].partition("?")
    first, _, rest = path.partition("/")
    if found["method"] == "POST":
        return MessageSent(unquote(first)) if rest == "messages" else None
    query = parse_qs(query_string)
    operation = query.get("comp", [""])[0]
    if found["method"] != "PUT" or not rest or operation not in _WRITES:
        return None
    return BlobWritten(unquote(first), unquote(rest))
