"""Text for a terminal."""

from __future__ import annotations

import json
import unicodedata

import click

_LONGEST_LINE = 1_000


def printable(value: object) -> str:
    """A value's text without control characters, which could drive the terminal."""
    text = "" if value is None else str(value)
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def is_unicode(text: str) -> bool:
    """Whether a file's name is valid in the file system's encoding; others cannot be sent."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def normal_name(text: str) -> str:
    """A name without spaces around it, in NFC, whichever system made it: macOS writes NFD."""
    return unicodedata.normalize("NFC", text.strip())


def encoded_json(value: object) -> str:
    """Indented JSON, which can always be written in UTF-8."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    # Lone surrogates, of file names in another encoding, become JSON's escapes of them.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def amount(number: int, noun: str) -> str:
    """A number with its noun, which takes an s unless the number is 1."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def complain(message: str) -> None:
    """Write one line on stderr; parts of it may be from the service, or names of files."""
    line = printable(" ".join(message.split()))
    shortened = line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…"
    click.echo(f"lineament: {shortened}", err=True)
