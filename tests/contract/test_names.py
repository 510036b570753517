"""Names that stand in several places: an event or alert for an unknown name is lost silently.

The Functions host answers 202 to an event for an unknown function; an alert on an unknown function
never fires; a message on an unknown queue stays there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.triggers.blob_webhook import POISON_QUEUE
from shared.storage.layout import (
    BLOB_CONTAINERS,
    DOCUMENT_CONTAINERS,
    POISON_QUEUES,
    POISONED_BLOBS,
    QUEUES,
    UPLOADS,
    poison_queue,
)
from tests.indexed import app_index

ROOT = Path(__file__).resolve().parents[2]
INDEX = app_index()
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TEMPLATES = sorted((ROOT / "infra").rglob("*.bicep"))

_NAMES = r"`[\w-]+`(?:(?:,| and|, and)\s+`[\w-]+`)*"
_FUNCTIONS = (rf"(?:functions?|timers?|run of)\s+({_NAMES})", r"Host\.Functions\.(\w+)")
_OPERATIONS = (r'OperationName (?:==|!in|in) (\("[^)]*\)|"\w+")',)
_QUEUES = (rf"queues?\s+({_NAMES})", r"--queue-name (\S+)", r"(`[\w-]+-poison`)")
_CONTAINERS = (rf"containers?\s+({_NAMES})", r"--container-name (\S+)")
MADE_BY_TEMPLATES = {"deployment", "deadletter"}
"""Containers that only Azure has."""


def names(paths: list[Path], patterns: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """File and name of everything that the patterns find."""
    for path in paths:
        text = path.read_text("utf-8")
        for pattern in patterns:
            for found in re.findall(pattern, text):
                quoted = re.findall(r"[`\"]([\w-]+)[`\"]", found) or [found]
                yield from ((path.name, name) for name in quoted)


def unknown(found: set[tuple[str, str]], known: set[str]) -> set[tuple[str, str]]:
    assert found, "the patterns no longer match"
    return {(file, name) for file, name in found if name not in known}


def test_every_function_that_host_json_names_exists() -> None:
    host = json.loads((ROOT / "host.json").read_text("utf-8"))
    categories = [name.split(".") for name in host["logging"]["logLevel"]]
    named = {parts[1] for parts in categories if parts[0] == "Function" and len(parts) > 1}
    assert named
    assert named <= set(INDEX.names)


def test_every_function_that_documents_and_templates_name_exists() -> None:
    documented = set(names(PAGES, (*_FUNCTIONS, *_OPERATIONS)))
    assert unknown(documented, set(INDEX.names)) == set()
    assert unknown(set(names(TEMPLATES, _OPERATIONS)), set(INDEX.names)) == set()


def test_every_queue_that_documents_name_exists() -> None:
    assert unknown(set(names(PAGES, _QUEUES)), {*QUEUES, *POISON_QUEUES}) == set()


def test_every_container_that_documents_name_exists() -> None:
    known = {*BLOB_CONTAINERS, *(spec.name for spec in DOCUMENT_CONTAINERS), *MADE_BY_TEMPLATES}
    assert unknown(set(names(PAGES, _CONTAINERS)), known) == set()


def test_the_subscription_calls_the_blob_function_and_its_container() -> None:
    (function,) = INDEX.blobs
    template = (ROOT / "infra" / "subscribe.bicep").read_text("utf-8")
    assert re.findall(r"triggerFunction = '(\w+)'", template) == [function.name]
    assert function.trigger.container == UPLOADS
    assert f"/containers/{UPLOADS}/" in template


def test_every_queue_has_its_function_and_its_poison_queue() -> None:
    assert {one.trigger.queue for one in INDEX.queues} == set(QUEUES)
    assert set(POISON_QUEUES) == {*map(poison_queue, QUEUES), POISONED_BLOBS}


def test_the_blob_trigger_s_poison_queue_is_the_host_s() -> None:
    assert POISONED_BLOBS == POISON_QUEUE == "webjobs-blobtrigger-poison"
    storage = (ROOT / "infra" / "app" / "storage.bicep").read_text("utf-8")
    assert f"'{POISONED_BLOBS}'" in storage


@pytest.mark.parametrize(
    ("text", "patterns", "expected"),
    [
        ("the queue functions\n`a_b`, `c` and `d` each", _FUNCTIONS, {"a_b", "c", "d"}),
        ('where OperationName !in ("a", "b")', _OPERATIONS, {"a", "b"}),
        ("az storage --queue-name x-poison", _QUEUES, {"x-poison"}),
        ("the container `uploads` of", _CONTAINERS, {"uploads"}),
    ],
)
def test_the_patterns_find_names(
    tmp_path: Path, text: str, patterns: tuple[str, ...], expected: set[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text(text, "utf-8")
    assert {name for _, name in names([page], patterns)} == expected
