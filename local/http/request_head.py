"""Reads a request's head as Microsoft's Functions host does, limits included.

Each rule is a row of the recording in tests/contract/recorded_host.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, unquote_to_bytes

MAXIMUM_LINE_BYTES = 8192
"""Of a request line with its line end; a longer one is answered 414."""

MAXIMUM_HEADERS_BYTES = 32 * 1024
"""Of all header lines together; more is answered 431."""

MAXIMUM_HEADERS = 100
"""Header lines; more are answered 431."""

_FRAME_BYTES = len("  HTTP/1.1\r\n")
_HEADER_FRAME_BYTES = len(": \r\n")
_VERSIONS = ("1.0", "1.1")
_VERSION_OF_A_BARE_LINE = "0.9"
_ENCODED = re.compile(r"(?:%(?!2[fF])[0-9A-Fa-f]{2})+")
_ENCODED_OR_NOT = re.compile(r"(%[0-9A-Fa-f]{2})")
_UNDECODABLE = re.compile("[\udc80-\udcff]")
_PATH_CHARACTERS = "/:@!$&'()*+,;="
"""Characters that stay as they are in a path, beside letters, digits and `-._~`."""


class HeadRejected(Exception):
    """The request is not served.

    Args:
        status: 400, 414, 431 or 505.
    """

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True, slots=True)
class RequestHead:
    """A request without its body.

    Attributes:
        method: in upper case.
        path: decoded, except `%2F`; without dot segments.
        query: names as last spelled, repeated values joined by commas, empty values left out.
        headers: names in lower case, repeated values joined by commas.
        url: as a function sees it: the path encoded again.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    url: str


def read_head(scope: Mapping[str, Any], *, one_slash: bool = False) -> RequestHead:
    """The head in an ASGI scope of `HostProtocol`, whose `raw_path` may be in absolute form.

    Args:
        one_slash: read a path that begins with several slashes as if it began with one. Microsoft's
            host has no route for such a path.

    Raises:
        HeadRejected: the head is too large or malformed.
    """
    method, raw_path, raw_query = scope["method"], scope["raw_path"], scope["query_string"]
    if scope["http_version"] not in _VERSIONS:
        raise HeadRejected(400 if scope["http_version"] == _VERSION_OF_A_BARE_LINE else 505)
    target_bytes = len(raw_path) + (len(raw_query) + 1 if raw_query else 0)
    if len(method) + target_bytes + _FRAME_BYTES > MAXIMUM_LINE_BYTES:
        raise HeadRejected(414)
    headers = _headers(scope["headers"])
    if [name for name, _ in scope["headers"]].count(b"host") != 1:
        raise HeadRejected(400)
    host = headers["host"]
    path = decode_path(_without_authority(raw_path.decode("ascii"), host))
    if one_slash and path.startswith("//"):
        path = f"/{path.lstrip('/')}"
    query = raw_query.decode("ascii")
    url = f"{scope['scheme']}://{host}{encode_path(path)}"
    if query:
        url += "?" + query.replace("#", "%23")
    return RequestHead(method.upper(), path, read_query(query), headers, url)


def decode_path(raw: str) -> str:
    """A path with percent-encodings decoded and dot segments removed.

    `%2F` and what is not UTF-8 stay encoded.

    Raises:
        HeadRejected: the path contains a NUL.
    """
    decoded = _ENCODED.sub(lambda found: _decode(found[0]), raw)
    if "\0" in decoded:
        raise HeadRejected(400)
    return _without_dot_segments(decoded)


def encode_path(path: str) -> str:
    """A decoded path as part of a URL; percent-encodings in it stay as they are."""
    return "".join(
        part if _ENCODED_OR_NOT.fullmatch(part) else quote(part, safe=_PATH_CHARACTERS)
        for part in _ENCODED_OR_NOT.split(path)
    )


def read_query(text: str) -> dict[str, str]:
    """The parameters of a query; names are merged without regard to case."""
    merged: dict[str, tuple[str, str]] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        if value:
            key = name.lower()
            merged[key] = (name, f"{merged[key][1]},{value}" if key in merged else value)
    return dict(merged.values())


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    total = count = 0
    for raw_name, raw_value in raw:
        count += 1
        total += len(raw_name) + len(raw_value) + _HEADER_FRAME_BYTES
        name = raw_name.decode("ascii")
        try:
            value = raw_value.decode("utf-8").strip()
        except UnicodeDecodeError as error:
            raise HeadRejected(400) from error
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    if count > MAXIMUM_HEADERS or total > MAXIMUM_HEADERS_BYTES:
        raise HeadRejected(431)
    if "transfer-encoding" in headers and "content-length" in headers:
        headers["x-content-length"] = headers.pop("content-length")
    return headers


def _without_authority(target: str, host: str) -> str:
    """The path of a target in absolute form, whose authority must be the Host header."""
    if target.startswith("/") or target == "*":
        return target
    scheme, separator, rest = target.partition("://")
    authority, slash, path = rest.partition("/")
    if not separator or scheme not in ("http", "https") or authority.lower() != host.lower():
        raise HeadRejected(400)
    return slash + path or "/"


def _decode(encoded: str) -> str:
    text = unquote_to_bytes(encoded).decode("utf-8", "surrogateescape")
    return _UNDECODABLE.sub(lambda found: f"%{ord(found[0]) - 0xDC00:02X}", text)


def _without_dot_segments(path: str) -> str:
    """RFC 3986 §5.2.4."""
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)
