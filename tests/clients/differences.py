"""In what answers depart from the contract, less what docs/differences.md explains."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from tests.clients.contract import Contract
from tests.clients.recorder import Exchange
from tests.clients.statuses import documented_statuses

KNOWN: tuple[tuple[str, str], ...] = (
    ("'lastSuccessfulTrainingDateTime' is a required", "lastSuccessfulTrainingDateTime"),
    (r"Level: '\w+' is not one of", "blurLevel"),
    (r"glasses: '(No|Reading)Glasses' is not one of", "NoGlasses"),
)
"""(pattern of a problem, the word in docs/differences.md at which its reason stands)."""


def departures(exchange: Exchange, contracts: Sequence[Contract]) -> list[str]:
    """What is wrong with an answer; empty where nothing is, or nothing that is not explained."""
    found = _always(exchange)
    version, _, path = exchange.path.lstrip("/").removeprefix("face/").partition("/")
    if exchange.status not in documented_statuses(exchange.method, path):
        found.append(f"{exchange.method} {path}: {exchange.status} is in no table of SPEC")
    for contract in contracts:
        if contract.version == version:
            found += contract.problems(exchange)
    return [problem for problem in found if not is_explained(problem)]


def is_explained(problem: str) -> bool:
    """Whether docs/differences.md gives the reason for a problem."""
    return any(re.search(pattern, problem) for pattern, _ in KNOWN)


def _always(exchange: Exchange) -> list[str]:
    """What holds for every answer of every version (SPEC §2)."""
    where, found = f"{exchange.method} {exchange.path} {exchange.status}", []
    if "apim-request-id" not in exchange.headers:
        found.append(f"{where}: no apim-request-id")
    if not exchange.body and "content-type" in exchange.headers:
        found.append(f"{where}: an empty answer has a Content-Type")
    if exchange.status >= 400:
        try:
            error = json.loads(exchange.body)["error"]
            complete = bool(error["code"]) and bool(error["message"])
        except (ValueError, KeyError, TypeError):
            complete = False
        if not complete:
            found.append(f"{where}: the error has no code and message")
    if "retry-after" in exchange.headers and exchange.status not in (200, 202, 429, 503):
        found.append(f"{where}: Retry-After on what a retry cannot mend")
    return found
