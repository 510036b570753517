"""Parsers of setting values: text to value, or a ValueError that says what the setting must be."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from shared.domain.identifiers import canonical_uuid

_T = TypeVar("_T")
_Member = TypeVar("_Member", bound=StrEnum)
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def optional(parse: Callable[[str], _T]) -> Callable[[str], _T | None]:
    """Parses as another parser does; None of the empty text."""
    return lambda text: parse(text) if text else None


def blank_or(parse: Callable[[str], str]) -> Callable[[str], str]:
    """Parses as another parser does; the empty text stays empty."""
    return lambda text: parse(text) if text else ""


def one_of(choices: tuple[str, ...]) -> Callable[[str], str]:
    """Parses one of several words."""

    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(f"one of {', '.join(choices)}")
        return text

    return parse


def member_of(kind: type[_Member]) -> Callable[[str], _Member]:
    """Parses a member of an enumeration by its value."""
    word = one_of(tuple(kind))
    return lambda text: kind(word(text))


def whole(low: int, high: int) -> Callable[[str], int]:
    """Parses a whole number within bounds, both included."""

    def parse(text: str) -> int:
        if not text.isascii() or not text.isdecimal() or not low <= int(text) <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return int(text)

    return parse


def number(low: float, high: float) -> Callable[[str], float]:
    """Parses a number within bounds, both included."""

    def parse(text: str) -> float:
        wanted = f"a number from {low:g} to {high:g}"
        try:
            value = float(text)
        except ValueError as error:
            raise ValueError(wanted) from error
        if not low <= value <= high:
            raise ValueError(wanted)
        return value

    return parse


def flag(text: str) -> bool:
    """Parses true or false, 1 or 0."""
    if text.lower() not in ("true", "false", "1", "0"):
        raise ValueError("true or false")
    return text.lower() in ("true", "1")


def switch(text: str) -> bool:
    """Parses on or off."""
    if text.lower() not in ("on", "off"):
        raise ValueError("on or off")
    return text.lower() == "on"


def path(text: str) -> Path:
    """Parses a path and makes it absolute, without links; ``~`` is a home folder."""
    return expanded_path(text).resolve()


def expanded_path(text: str) -> Path:
    """Parses a path; ``~`` is a home folder. Links stay: what they point to may be replaced."""
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise ValueError("a path whose home folder exists") from error


def secure_url(text: str) -> str:
    """Parses an https address (http only on this machine), without a slash at its end."""
    wanted = "an https address"
    try:
        address = urlsplit(text)
    except ValueError as error:
        raise ValueError(wanted) from error
    local = address.scheme == "http" and address.hostname in _LOOPBACK
    if not address.hostname or address.query or not (address.scheme == "https" or local):
        raise ValueError(wanted)
    return text.rstrip("/")


def listed(text: str) -> tuple[str, ...]:
    """Parses values separated by commas; empty ones are left out."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def guid(text: str) -> str:
    """Parses a GUID into its canonical form."""
    found = canonical_uuid(text)
    if found is None:
        raise ValueError("a GUID")
    return found


def guids(text: str) -> frozenset[str]:
    """Parses GUIDs separated by commas."""
    found = [canonical_uuid(part) for part in listed(text)]
    if None in found:
        raise ValueError("GUIDs separated by commas")
    return frozenset(one for one in found if one is not None)


def file_or_blob(text: str) -> str:
    """Parses a path, in which ``~`` is a home folder, or ``blob:container/name``.

    The empty text stays empty.
    """
    if not text.startswith("blob:"):
        return str(expanded_path(text)) if text else ""
    container, _, blob = text.removeprefix("blob:").partition("/")
    if not (container and blob):
        raise ValueError("a path, or blob:container/name")
    return text
