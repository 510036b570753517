"""The checks of `lineament doctor`: what works, what is wrong, and how to fix it."""

from __future__ import annotations

import shutil
import stat
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from lineament import __version__
from lineament.connection.client import Client, trust
from lineament.diagnosis.check import Check, Verdict
from lineament.diagnosis.network import check_port, check_tls
from lineament.errors import CommandError, NotFound, NotOffered, Refused, Unreachable
from lineament.service.collections import FACE
from lineament.service.uploads import list_poison

_SLOW_SECONDS = 2.0
_CLOCK_SECONDS = 60.0
_FREE_BYTES = 1_000_000_000


def diagnose(client: Client) -> Iterator[Check]:
    """Run the checks, the cheap and local ones first.

    Ends where the port, the TLS, the endpoint or the key does not work: nothing after it can.
    """
    connection = client.connection
    yield from _configuration(connection.source)
    port = check_port(connection.endpoint)
    yield port
    if port.verdict is Verdict.PROBLEM:
        return
    tls = check_tls(connection.endpoint, trust(connection))
    yield tls
    if tls.verdict is Verdict.PROBLEM:
        return
    endpoint = _endpoint(client)
    yield from endpoint
    if any(check.name == "endpoint" and check.verdict is Verdict.PROBLEM for check in endpoint):
        return
    key = _key_and_storage(client)
    yield key
    yield _versions(client)
    if key.name == "key" and key.verdict is Verdict.PROBLEM:
        return
    yield _uploads(client)
    yield _queues(client)


def _configuration(source: str) -> Iterator[Check]:
    file = Path(source)
    if not file.is_file():
        yield Check("configuration", Verdict.FINE, f"from {source or 'options'}")
        return
    if file.name == "endpoint.json":
        yield Check("configuration", Verdict.FINE, f"the local service of {file.parent}")
        yield _disk(file.parent)
        return
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & 0o077:
        remedy = f"chmod 600 {file}"
        yield Check("configuration", Verdict.PROBLEM, f"{file} is readable by others", remedy)
    else:
        yield Check("configuration", Verdict.FINE, str(file))


def _disk(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free
    found = f"{free / 1e9:.1f} GB free for {folder}"
    if free < _FREE_BYTES:
        remedy = "Free space, or move FACE_DATA_DIR to a larger disk."
        return Check("disk", Verdict.PROBLEM, found, remedy)
    return Check("disk", Verdict.FINE, found)


def _endpoint(client: Client) -> list[Check]:
    """Address, health, models and clock: all from one request of /health."""
    address = client.connection.endpoint
    began = time.monotonic()
    try:
        response = client.call("GET", "health", attempts=1)
    except NotFound:
        found = f"{address} answers without /health"
        remedy = "It is not Lineament, or another program has the port; Azure's commands may work."
        return [Check("endpoint", Verdict.WARNING, found, remedy)]
    except Unreachable as error:
        if error.status == 503:
            reached = Check("endpoint", Verdict.FINE, address)
            found = error.reason or "the service says that it is not healthy"
            remedy = "The service's log says more at 'unhealthy'."
            return [reached, Check("health", Verdict.PROBLEM, found, remedy)]
        return [Check("endpoint", Verdict.PROBLEM, f"{address} does not answer", error.message)]
    except Refused as error:
        return [Check("endpoint", Verdict.PROBLEM, f"{address} refuses /health", error.message)]
    seconds = time.monotonic() - began
    slow = seconds > _SLOW_SECONDS
    remedy = "A first call after a pause is slow; see docs/operate.md, Scaling." if slow else ""
    verdict = Verdict.WARNING if slow else Verdict.FINE
    return [
        Check("endpoint", verdict, f"{address} answers in {seconds * 1000:.0f} ms", remedy),
        Check("models", Verdict.FINE, "an inference succeeds"),
        _clock(response.headers.get("Date", "")),
    ]


def _clock(date: str) -> Check:
    try:
        difference = abs((parsedate_to_datetime(date) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return Check("clock", Verdict.WARNING, "the service sends no Date", "")
    found = f"{difference:.0f} s between this machine and the service"
    if difference > _CLOCK_SECONDS:
        remedy = "Set the clock by NTP (`timedatectl set-ntp true`): tokens and times depend on it."
        return Check("clock", Verdict.PROBLEM, found, remedy)
    return Check("clock", Verdict.FINE, found)


def _key_and_storage(client: Client) -> Check:
    try:
        client.json("GET", f"{FACE}/persongroups", query={"top": 1})
    except Refused as error:
        return Check("key", Verdict.PROBLEM, "the key is rejected", error.message)
    except Unreachable as error:
        remedy = "See the service's log; is the document store reachable, and has it room?"
        return Check("storage", Verdict.PROBLEM, error.message, remedy)
    return Check("key", Verdict.FINE, "the key is valid, and the document store answers")


def _versions(client: Client) -> Check:
    try:
        info = client.json("GET", "openapi.json")["info"]
        version = str(info.get("x-service-version") or info["version"])
    except (CommandError, KeyError, TypeError) as error:
        found = "the service does not say its version"
        return Check("versions", Verdict.WARNING, found, _text(error))
    return Check("versions", Verdict.FINE, f"command line {__version__}, service {version}")


def _uploads(client: Client) -> Check:
    return _own_route(
        "uploads",
        lambda: client.json("GET", "lineament/v1/uploads", query={"top": 1}),
        "the blob storage answers",
    )


def _queues(client: Client) -> Check:
    failed = 0

    def count() -> None:
        nonlocal failed
        failed = len(list_poison(client)["messages"])

    check = _own_route("queues", count, "the queues answer, no message failed")
    if failed:
        remedy = "`lineament poison list` shows them, `lineament poison replay` repeats them."
        return Check("queues", Verdict.WARNING, f"{failed} messages failed", remedy)
    return check


def _own_route(name: str, call: Callable[[], object], fine: str) -> Check:
    try:
        call()
    except NotOffered:
        found = "the service has no routes below /lineament/v1"
        return Check(name, Verdict.WARNING, found, "Only Azure's commands work with it.")
    except (Refused, Unreachable) as error:
        remedy = "Does the storage account answer? On one machine restart `make run`."
        return Check(name, Verdict.PROBLEM, error.message, remedy)
    return Check(name, Verdict.FINE, fine)


def _text(error: Exception) -> str:
    return error.message if isinstance(error, CommandError) else ""
