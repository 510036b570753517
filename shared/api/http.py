"""HTTP requests and responses, independent of any web framework."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

JSON_HEADERS: Mapping[str, str] = {"Content-Type": "application/json; charset=utf-8"}
"""Headers of a response whose body is JSON."""


@dataclass(frozen=True, slots=True)
class Request:
    """A received request.

    Attributes:
        url: the whole URL.
        headers: names in lower case.
        query: values decoded, those of a repeated parameter joined by commas; names as sent.
        route: the values of the route's parameters, decoded.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    route: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Response:
    """A response; an empty body has no Content-Type."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
