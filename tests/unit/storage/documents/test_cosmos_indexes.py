"""What Cosmos DB indexes is what the queries compare, and nothing else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from shared.storage.documents.cosmos.store import indexing_policy
from shared.storage.layout import DOCUMENT_CONTAINERS, vector_container

STORAGE = Path(__file__).resolve().parents[4] / "shared" / "storage"
DOCUMENTS, VECTORS = STORAGE / "documents" / "cosmos", STORAGE / "vectors"

ALWAYS_INDEXED = {"id"}
VECTOR = {"vector"}
"""Has an index of its own kind."""

_MEMBER = re.compile(r"\bc\.(\w+)")
_ANSWERED = re.compile(r"\bSELECT\b.*?(?=\bFROM\b|$)", re.DOTALL)
"""What a query answers, which needs no index."""


def texts(file: Path) -> Iterator[str]:
    """The string constants of a module, parts of f-strings among them."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def members_compared(folder: Path) -> set[str]:
    """Members of documents that the queries of a room compare or order by."""
    return {
        name
        for file in folder.glob("*.py")
        for text in texts(file)
        for name in _MEMBER.findall(_ANSWERED.sub("", text))
    }


def test_queries_are_written_in_two_rooms_only() -> None:
    shared = STORAGE.parent
    rooms = {
        file.parent
        for file in shared.rglob("*.py")
        if any(re.search(r"\bFROM c\b", text) for text in texts(file))
    }
    assert rooms == {DOCUMENTS, VECTORS}


def test_containers_of_documents_index_what_their_queries_compare() -> None:
    compared = members_compared(DOCUMENTS)
    assert compared == ALWAYS_INDEXED
    assert {spec.indexed for spec in DOCUMENT_CONTAINERS} == {tuple(compared - ALWAYS_INDEXED)}


def test_containers_of_vectors_index_what_their_queries_compare() -> None:
    compared = members_compared(VECTORS)
    spec = vector_container("any_model", 128)
    assert set(spec.indexed) == compared - ALWAYS_INDEXED - VECTOR == {"version"}


def test_nothing_else_is_indexed() -> None:
    for spec in (*DOCUMENT_CONTAINERS, vector_container("any_model", 128)):
        policy = indexing_policy(spec)
        assert policy["includedPaths"] == [
            {"path": "/pk/?"},
            *({"path": f"/{member}/?"} for member in spec.indexed),
        ]
        assert {"path": "/*"} in policy["excludedPaths"]
