"""Checks responses against Microsoft's contract, except for the listed differences."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from tests.clients.contract.openapi import Contract
from tests.clients.contract.recorder import Exchange
from tests.clients.contract.statuses import documented_statuses

KNOWN: tuple[tuple[str, str], ...] = (
    ("'lastSuccessfulTrainingDateTime' is a required", "lastSuccessfulTrainingDateTime"),
    (r"Level: '\w+' is not one of", "blurLevel"),
    (r"glasses: '(No|Reading)Glasses' is not one of", "NoGlasses"),
)
"""(pattern of a problem, the word in docs/differences.md that marks its reason)."""


def departures(exchange: Exchange, contracts: Sequence[Contract]) -> list[str]:
    """The problems of a response that docs/differences.md does not explain."""
    found = _always(exchange)
    version, _, path = exchange.path.lstrip("/").removeprefix("face/").partition("/")
    if exchange.status not in documented_statuses(exchange.method, path):
        found.append(f"{exchange.method} {path}: {exchange.status} is not documented")
    for contract in contracts:
        if contract.version == version:
            found += contract.problems(exchange)
    return [problem for problem in found if not is_explained(problem)]


def is_explained(problem: str) -> bool:
    """Whether docs/differences.md gives the reason for a problem."""
    return any(re.search(pattern, problem) for pattern, _ in KNOWN)


def _always(exchange: Exchange) -> list[str]:
    """Problems with what every response of every version must have."""
    where, found = f"{exchange.method} {exchange.path} {exchange.status}", []
    if "apim-request-id" not in exchange.headers:
        found.append(f"{where}: no apim-request-id")
    if not exchange.body and "content-type" in exchange.headers:
        found.append(f"{where}: an empty response has a Content-Type")
    if exchange.status >= 400:
        try:
            error = json.loads(exchange.body)["error"]
            complete = bool(error["code"]) and bool(error["message"])
        except (ValueError, KeyError, TypeError):
            complete = False
        if not complete:
            found.append(f"{where}: the error has no code and message")
    if "retry-after" in exchange.headers and exchange.status not in (200, 202, 429, 503):
        found.append(f"{where}: Retry-After where a retry cannot help")
    return found
