"""Where the images of an enrolment come from: a folder a person, or a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lineament.enrolment.table import read_rows
from lineament.errors import Refused
from lineament.service.images import has_image_suffix, list_below, read_file
from lineament.text import is_unicode, normal_name

COLUMNS = ("person", "image")
UNREADABLE = "Unreadable"
"""The code of a file or folder that cannot be read."""
_REFUSAL_COLUMNS = ("image", "person", "code", "reason")


@dataclass(frozen=True, slots=True)
class Item:
    """One image of one person.

    Attributes:
        person: the name or personId, as the roster understands it.
        image: the image's name in reports.
        read: returns its bytes; raises Refused if it cannot be read.
    """

    person: str
    image: str
    read: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Refusal:
    """An image that was not enrolled, and why.

    Attributes:
        code: the service's error code, or one of this program's: ``NoPerson``, ``NotAnImage``,
            ``NoImage``, ``Unreadable``, ``NotUnicode``, ``AmbiguousPerson``, ``CompreFace``.
    """

    image: str
    person: str
    code: str
    reason: str


def items_of(source: Path) -> tuple[list[Item], list[Refusal]]:
    """The images of a folder or of a CSV file.

    Raises:
        Refused: it is neither, or the CSV file has no columns ``person`` and ``image``.
    """
    if source.is_dir():
        return items_of_folder(source)
    return items_of_csv(source), []


def items_of_folder(folder: Path) -> tuple[list[Item], list[Refusal]]:
    """The images below the folders of a folder, each of which is named after its person.

    The names are taken without spaces around them and in NFC. Hidden files and folders are not
    read.
    """
    items, refusals = [], []
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith("."):
            continue
        if not entry.is_dir():
            reason = f"{entry.name} is not in a folder that is named after its person."
            refusals.append(Refusal(entry.name, "", "NoPerson", reason))
            continue
        if not is_unicode(entry.name):
            reason = "The folder's name is not valid UTF-8. Rename it."
            refusals.append(Refusal(entry.name, entry.name, "NotUnicode", reason))
            continue
        person = normal_name(entry.name)
        listing = list_below(entry)
        for place, reason in listing.unreadable.items():
            refusals.append(Refusal(str(place.relative_to(folder)), person, UNREADABLE, reason))
        for file in listing.files:
            name = str(file.relative_to(folder))
            if has_image_suffix(file):
                items.append(file_item(person, name, file))
            else:
                reason = "The file's name does not end as an image's does."
                refusals.append(Refusal(name, person, "NotAnImage", reason))
    return items, refusals


def items_of_csv(file: Path, columns: tuple[str, str] = COLUMNS) -> list[Item]:
    """The images of a CSV file in UTF-8; paths start from its folder.

    Args:
        columns: the names of the columns of the person and of the image's path.

    Raises:
        Refused: it cannot be read, lacks a column, or a line lacks a value.
    """
    items = []
    for line, (person, path) in read_rows(file, columns):
        if not person or not path:
            raise Refused(f"Line {line} of {file} lacks {columns[0]} or {columns[1]}.")
        items.append(file_item(normal_name(person), path, file.parent / path))
    return items


def write_refusals(file: Path, refusals: list[Refusal]) -> None:
    """Write what was refused as CSV with the columns image, person, code, reason.

    Where nothing was, a file that an earlier run wrote is deleted: it would read as if it were of
    this one.
    """
    if not refusals:
        if _is_of_refusals(file):
            file.unlink()
        return
    with file.open("w", encoding="utf-8", errors="backslashreplace", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(_REFUSAL_COLUMNS)
        for one in refusals:
            writer.writerow((one.image, one.person, one.code, one.reason))


def _is_of_refusals(file: Path) -> bool:
    head = (",".join(_REFUSAL_COLUMNS) + "\r\n").encode()
    if not file.is_file():
        return False
    with file.open("rb") as opened:
        return opened.read(len(head)) == head


def file_item(person: str, name: str, file: Path) -> Item:
    """The item of an image file, which is read when it is enrolled."""
    return Item(person, name, lambda: read_file(file))
