"""Reads Bicep files as far as tests need it.

`pycep` gives the structure, but tells text from names nowhere; the tokens here do. Together they
stand in for the compiler, which is not to be had from a package registry.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pycep import BicepParser

ROOT = Path(__file__).resolve().parents[3]
INFRA = ROOT / "infra"

Json = dict[str, Any]
"""What pycep answers: nested plain values."""

_TOKEN = re.compile(
    r"(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<block>'''.*?''')|(?P<quote>')|(?P<newline>\n)"
    r"|(?P<name>[A-Za-z_]\w*)|(?P<number>\d+)|(?P<sign>=>|\.\?|::|[^\s\w])",
    re.DOTALL,
)
_OPENING = {"[": "]", "(": ")", "{": "}"}


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a file. Text is one token, before which its interpolations stand in brackets."""

    kind: str
    text: str


@dataclass(frozen=True)
class Template:
    """One file: its text, its structure and its words."""

    path: str
    text: str

    @property
    def structure(self) -> Json:
        """What pycep makes of it."""
        return _parse(self.text)

    @property
    def tokens(self) -> tuple[Token, ...]:
        """Its words, without comments and blanks."""
        return _tokens(self.text)

    def part(self, kind: str) -> Json:
        """Its `resources`, `modules`, `parameters`, `variables` or `outputs` by symbol."""
        part: Json = self.structure.get(kind, {})
        return part

    def body(self, resource: str) -> Json:
        """What a resource says of itself; of a loop, what each of it says."""
        config: Json = self.part("resources")[resource]["config"]
        while set(config) >= {"condition", "config"}:
            config = config["config"]
        return config


Templates = Mapping[str, Template]
"""All files by their path below infra/."""


def read_templates() -> Templates:
    """The real ones."""
    files = sorted(INFRA.rglob("*.bicep"))
    return {
        path: Template(path, file.read_text("utf-8"))
        for file in files
        for path in [file.relative_to(INFRA).as_posix()]
    }


def broken(templates: Templates, path: str, old: str, new: str) -> Templates:
    """The templates with one thing changed, to see that a check notices.

    Raises:
        ValueError: there is no such text, so that nothing would be broken.
    """
    text = templates[path].text
    if old not in text:
        raise ValueError(f"{path} has no {old!r}")
    return {**templates, path: Template(path, text.replace(old, new))}


def matching(tokens: tuple[Token, ...], start: int) -> int:
    """Where the bracket that opens at ``start`` is closed."""
    depth = 0
    for index in range(start, len(tokens)):
        text = tokens[index].text if tokens[index].kind == "sign" else ""
        depth += (text in _OPENING) - (text in _OPENING.values())
        if depth == 0:
            return index
    raise ValueError("a bracket is not closed")


@cache
def _parse(text: str) -> Json:
    parsed: Json = dict(_parser().parse(text=text))
    return parsed


@cache
def _parser() -> BicepParser:
    return BicepParser()


@cache
def _tokens(text: str) -> tuple[Token, ...]:
    return tuple(_words(text))


def _words(text: str) -> Iterator[Token]:
    position = 0
    while found := _TOKEN.search(text, position):
        position = found.end()
        kind = found.lastgroup or ""
        if kind == "quote":
            position, parts = _text(text, position)
            for part in parts:
                yield Token("sign", "(")
                yield from _words(part)
                yield Token("sign", ")")
            yield Token("text", text[found.end() : position - 1])
        elif kind != "comment":
            yield Token("text" if kind == "block" else kind, found.group())


def _text(text: str, position: int) -> tuple[int, list[str]]:
    """Where text that begins at ``position`` is over, and the expressions in it."""
    parts: list[str] = []
    while text[position] != "'":
        if text[position] == "\\":
            position += 2
        elif text.startswith("${", position):
            end = _end_of_expression(text, position + 2)
            parts.append(text[position + 2 : end])
            position = end + 1
        else:
            position += 1
    return position + 1, parts


def _end_of_expression(text: str, position: int) -> int:
    while text[position] != "}":
        position = _text(text, position + 1)[0] if text[position] == "'" else position + 1
    return position
