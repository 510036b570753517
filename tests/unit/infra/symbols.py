"""Which names a Bicep file declares and which it uses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.unit.infra.bicep import Template, Token, matching

FUNCTIONS = {
    "concat",
    "empty",
    "environment",
    "guid",
    "listKeys",
    "loadJsonContent",
    "map",
    "string",
    "subscription",
    "tenant",
    "toLower",
    "union",
    "uniqueString",
}
"""The functions of Bicep that these templates use: few, so that a slip is seen."""

_DECLARING = {"param", "var", "resource", "module", "output"}
_WORDS = {"true", "false", "null", "if", "for", "in", "existing", "targetScope"}
_BEFORE_KEY = {"newline", "{", ",", ""}


@dataclass(frozen=True, slots=True)
class Reference:
    """A name where its value is wanted.

    Attributes:
        position: of its token.
        called: whether it is a function.
    """

    name: str
    position: int
    called: bool


def declared(template: Template) -> set[str]:
    """What a file declares, outputs aside: nobody refers to them inside the file."""
    parts = ("parameters", "variables", "resources", "modules")
    return {name for part in parts for name in template.part(part)}


def references(template: Template) -> list[Reference]:
    """Every name whose value is used, and every function that is called."""
    tokens = template.tokens
    skipped = _not_expressions(tokens)
    scopes = list(_scopes(tokens))
    found = []
    for index, token in enumerate(tokens):
        if token.kind != "name" or index in skipped or token.text in _WORDS:
            continue
        if _sign(tokens, index - 1) in (".", ".?", "::") or _is_key(tokens, index):
            continue
        if any(start <= index <= end and token.text in names for start, end, names in scopes):
            continue
        found.append(Reference(token.text, index, _sign(tokens, index + 1) == "("))
    return found


def member_paths(template: Template) -> list[tuple[str, ...]]:
    """`a.b.c` as ("a", "b", "c"), for every reference that has members."""
    tokens = template.tokens
    paths = []
    for reference in references(template):
        path, index = [reference.name], reference.position + 1
        while True:
            if _sign(tokens, index) == "!":
                index += 1
            if _sign(tokens, index) not in (".", ".?"):
                break
            path.append(tokens[index + 1].text)
            index += 2
        paths.append(tuple(path))
    return paths


def _sign(tokens: tuple[Token, ...], index: int) -> str:
    """A sign's text, or the kind of what is no sign; empty outside the file."""
    if not 0 <= index < len(tokens):
        return ""
    return tokens[index].text if tokens[index].kind == "sign" else tokens[index].kind


def _is_key(tokens: tuple[Token, ...], index: int) -> bool:
    return _sign(tokens, index + 1) == ":" and _sign(tokens, index - 1) in _BEFORE_KEY


def _not_expressions(tokens: tuple[Token, ...]) -> set[int]:
    """Names of declarations, their types, and decorators."""
    skipped: set[int] = set()
    for index, token in enumerate(tokens):
        starts_line = _sign(tokens, index - 1) in ("newline", "")
        if _sign(tokens, index - 1) == "@":
            skipped.add(index)
        elif token.text in _DECLARING and starts_line and _sign(tokens, index + 1) == "name":
            end = index
            while _sign(tokens, end) not in ("=", "newline", ""):
                skipped.add(end)
                end += 1
    return skipped


def _scopes(tokens: tuple[Token, ...]) -> Iterator[tuple[int, int, set[str]]]:
    """Where the names of loops and lambdas are known: first and last token, names."""
    for index, token in enumerate(tokens):
        if token.text == "for" and _sign(tokens, index - 1) == "[":
            end = matching(tokens, index - 1)
            names, at = set(), index + 1
            while tokens[at].text != "in":
                names |= {tokens[at].text} if tokens[at].kind == "name" else set()
                at += 1
            yield index, end, names
        elif _sign(tokens, index) == "=>" and _sign(tokens, index - 1) == "name":
            opening = _enclosing(tokens, index)
            yield index - 1, matching(tokens, opening), {tokens[index - 1].text}


def _enclosing(tokens: tuple[Token, ...], index: int) -> int:
    while not (_sign(tokens, index) == "(" and matching(tokens, index) > index):
        index -= 1
    return index
