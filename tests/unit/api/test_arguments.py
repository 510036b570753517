"""Query parameters are declared once: dispatch parses them, handlers read what is declared."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.api import parameters as face_api

ROOT = Path(__file__).resolve().parents[3]
HANDLERS = sorted((ROOT / "functions" / "http").rglob("*.py"))
RESOURCES = sorted((ROOT / "shared" / "api" / "resources").rglob("*.py"))

CHECKED_ONLY = {
    "DETECTION_MODEL": {"add_face", "add_directory_face"},
    "START": {"audit_session"},
    "TOP": {"audit_session"},
}
"""Parameters that change no answer: one detector serves every detection model, and the list of a
session's audit entries is always empty. Dispatch rejects wrong values of them all the same."""


def parameters(node: ast.AST) -> set[str]:
    """The parameters that an expression names, as ``TOP`` for ``p.TOP``; ``own`` is Lineament's."""
    return {
        name
        for one in ast.walk(node)
        if isinstance(one, ast.Attribute)
        and isinstance(one.value, ast.Name)
        and one.value.id in ("p", "own")
        and one.attr.isupper()
        for name in members(one.attr)
    }


def members(name: str) -> set[str]:
    """The names of the parameters in a tuple such as ``ADD_FACE``; a parameter's own name."""
    value = vars(face_api).get(name)
    if not isinstance(value, tuple):
        return {name}
    return {one for one, found in vars(face_api).items() if any(found is each for each in value)}


def functions(module: ast.Module) -> dict[str, ast.FunctionDef]:
    return {one.name: one for one in module.body if isinstance(one, ast.FunctionDef)}


def read_by(name: str, known: dict[str, ast.FunctionDef]) -> set[str]:
    """What a function reads, by itself and by the known functions that it calls."""
    body = ast.Module(known[name].body, [])
    called = {
        one.func.id
        for one in ast.walk(body)
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Name)
    }
    inner = [read_by(other, known) for other in called & known.keys() - {name}]
    return parameters(body).union(*inner)


def declared_by(handler: ast.FunctionDef) -> Iterator[set[str]]:
    """What each declaration of a handler's operations says."""
    for decorator in handler.decorator_list:
        if isinstance(decorator, ast.Call):
            for keyword in decorator.keywords:
                if keyword.arg == "query":
                    yield parameters(keyword.value)


def handlers() -> Iterator[tuple[str, set[str], set[str]]]:
    shared: dict[str, ast.FunctionDef] = {}
    for file in RESOURCES:
        shared |= functions(ast.parse(file.read_text("utf-8")))
    for file in HANDLERS:
        own = functions(ast.parse(file.read_text("utf-8")))
        known = {**shared, **own}
        for name, function in own.items():
            if function.decorator_list:
                declarations = list(declared_by(function)) or [set()]
                for declared in declarations:
                    yield name, declared, read_by(name, known)


def test_there_are_handlers_to_check() -> None:
    assert len(list(handlers())) > 50
    assert any(declared for _, declared, _ in handlers())


@pytest.mark.parametrize(("name", "declared", "read"), list(handlers()))
def test_what_is_declared_is_read_and_the_other_way_round(
    name: str, declared: set[str], read: set[str]
) -> None:
    checked_only = {one for one, names in CHECKED_ONLY.items() if name in names}
    assert read <= declared
    assert declared - read == declared & checked_only


@pytest.mark.parametrize("file", HANDLERS, ids=lambda file: file.stem)
def test_no_handler_reads_the_query_by_itself(file: Path) -> None:
    assert "request.query" not in file.read_text("utf-8")
