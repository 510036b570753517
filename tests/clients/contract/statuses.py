"""The HTTP statuses that each operation may return, by Microsoft's REST reference.

https://learn.microsoft.com/rest/api/face. Microsoft's OpenAPI files declare every error as
``default``, so that they cannot be used to check statuses.
"""

from __future__ import annotations

import re

ALWAYS = {401, 429, 503}
"""Unauthorized, rate limit exceeded, unavailable: returned by any operation."""

_CONTAINER = r"(persongroups|largepersongroups|facelists|largefacelists|dynamicpersongroups)"
_PERSONS = r"(persongroups|largepersongroups)/[^/]+/persons"

_TABLE: tuple[tuple[str, str, set[int]], ...] = (
    ("POST", "detect", {200, 400, 403, 404}),
    ("POST", "verify", {200, 400, 404}),
    ("POST", "identify", {200, 400, 409}),
    ("POST", "findsimilars", {200, 400, 409}),
    ("POST", "group", {200, 400}),
    ("PUT", rf"{_CONTAINER}/[^/]+", {200, 202, 400, 403, 404, 409}),
    ("GET", rf"{_CONTAINER}/[^/]+", {200, 400, 404}),
    ("PATCH", rf"{_CONTAINER}/[^/]+", {200, 202, 400, 404, 409}),
    ("DELETE", rf"{_CONTAINER}/[^/]+", {200, 202, 404, 409}),
    ("GET", _CONTAINER, {200, 400}),
    ("POST", rf"{_CONTAINER}/[^/]+/train", {202, 404, 409}),
    ("GET", rf"{_CONTAINER}/[^/]+/training", {200, 404}),
    ("POST", _PERSONS, {200, 400, 403, 404, 409}),
    ("GET", _PERSONS, {200, 400, 404}),
    ("GET", rf"{_PERSONS}/[^/]+", {200, 404}),
    ("PATCH", rf"{_PERSONS}/[^/]+", {200, 400, 404, 409}),
    ("DELETE", rf"{_PERSONS}/[^/]+", {200, 404, 409}),
    ("POST", r".+/persistedfaces", {200, 202, 400, 403, 404, 409}),
    ("GET", r".+/persistedfaces", {200, 400, 404}),
    ("GET", r".+/persistedfaces/[^/]+", {200, 404}),
    ("PATCH", r".+/persistedfaces/[^/]+", {200, 400, 404, 409}),
    ("DELETE", r".+/persistedfaces/[^/]+", {200, 202, 404, 409}),
    ("POST", r"detectLiveness(WithVerify)?-sessions", {200, 400}),
    ("GET", r"detectLiveness(WithVerify)?-sessions/[^/]+", {200, 404}),
    ("DELETE", r"detectLiveness(WithVerify)?-sessions/[^/]+", {204, 404}),
    ("POST", r"detectLiveness(WithVerify)?/singleModal/sessions", {200, 400}),
    ("GET", r"detectLiveness(WithVerify)?/singleModal/sessions", {200, 400}),
    ("GET", r"detectLiveness(WithVerify)?/singleModal/sessions/[^/]+", {200, 404}),
    ("DELETE", r"detectLiveness(WithVerify)?/singleModal/sessions/[^/]+", {200, 404}),
    ("GET", r"detectLiveness(WithVerify)?/singleModal/sessions/[^/]+/audit", {200, 400, 404}),
    ("GET", r"(session/)?sessionImages/[^/]+", {404}),
    ("POST", "persons", {202, 400, 403}),
    ("GET", "persons", {200, 400}),
    ("GET", r"persons/[^/]+(/dynamicPersonGroupReferences)?", {200, 400, 404}),
    ("PATCH", r"persons/[^/]+", {200, 400, 404, 409}),
    ("DELETE", r"persons/[^/]+", {202, 404, 409}),
    ("GET", r"dynamicpersongroups/[^/]+/persons", {200, 400, 404}),
    ("GET", r"operations/[^/]+", {200, 404}),
    ("GET|POST|PATCH|DELETE", r"snapshots(/.*)?", {404, 410}),
)


def documented_statuses(method: str, path: str) -> set[int]:
    """The statuses of an operation.

    Args:
        path: below ``/face/{version}/``.
    """
    for methods, pattern, statuses in _TABLE:
        named = re.fullmatch(methods, method) and re.fullmatch(pattern, path, re.IGNORECASE)
        if named:
            return statuses | ALWAYS
    # An empty or oddly escaped id makes a path that matches no operation.
    return {404, 405} | ALWAYS
