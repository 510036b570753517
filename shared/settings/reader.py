"""How settings are read: one by one, gathering everything that is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

_T = TypeVar("_T")

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class SettingDoc:
    """A setting as the README and Bicep must know it."""

    name: str
    default: str
    meaning: str


class SettingReader:
    """Reads settings one by one and gathers what is wrong with them.

    Attributes:
        problems: one sentence for every wrong setting so far.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.problems: list[str] = []

    def text(self, name: str) -> str | None:
        """The setting without white space around it; None where it is absent or empty."""
        return self.environment.get(name, "").strip() or None

    def value(self, name: str, default: str, parse: Callable[[str], _T]) -> _T:
        """The setting as ``parse`` reads it.

        Args:
            parse: raises ValueError with what the setting must be, as the end of a sentence.
        """
        text = self.text(name)
        if text is None:
            return parse(default)
        try:
            return parse(text)
        except ValueError as error:
            self.problems.append(f"{name} must be {error}.")
            return parse(default)


def one_of(choices: tuple[str, ...]) -> Callable[[str], str]:
    """Reads one of several words."""

    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(f"one of {', '.join(choices)}")
        return text

    return parse


def whole(low: int, high: int) -> Callable[[str], int]:
    """Reads a whole number within bounds."""

    def parse(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return int(text)

    return parse


def fraction(text: str) -> float:
    """Reads a number from 0 to 1."""
    wanted = "a number from 0 to 1, as in 0.1"
    try:
        value = float(text)
    except ValueError as error:
        raise ValueError(wanted) from error
    if not 0 <= value <= 1:
        raise ValueError(wanted)
    return value


def flag(text: str) -> bool:
    """Reads true or false."""
    if text.lower() not in ("true", "false", "1", "0"):
        raise ValueError("true or false")
    return text.lower() in ("true", "1")


def path(text: str) -> Path:
    """Reads a path, made absolute."""
    return Path(text).expanduser().resolve()


def secure_url(text: str) -> str:
    """Reads an https address (http only on this machine), without a slash at its end."""
    address = urlsplit(text)
    local = address.scheme == "http" and address.hostname in _LOOPBACK
    if not address.hostname or address.query or not (address.scheme == "https" or local):
        raise ValueError("an https address")
    return text.rstrip("/")
