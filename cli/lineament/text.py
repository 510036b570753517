"""Text for a terminal."""

from __future__ import annotations

import click

_LONGEST_LINE = 1_000


def printable(value: object) -> str:
    """A value's text without control characters, which could drive the terminal."""
    text = "" if value is None else str(value)
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def amount(number: int, noun: str) -> str:
    """A number with its noun, which takes an s unless the number is 1."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def complain(message: str) -> None:
    """Write one line on stderr; parts of it may be from the service, or names of files."""
    line = printable(" ".join(message.split()))
    shortened = line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…"
    click.echo(f"lineament: {shortened}", err=True)
