"""Re-enrols a group under another recognition model, from images that you have kept.

    python -m tools.operate re-enrol persongroups/staff --to staff2 --model arcface_r50 images.csv

The service stores no images, and embeddings of different models cannot be compared, so a group can
change its model only by being enrolled again. The CSV file has the columns personId and image;
an image is a path, relative to the file's folder, or blob:container/name in the service's
storage account, and shows one face. The command creates a new group with the same persons and
personIds; the old group stays until you delete it. The settings are the service's. When all faces
are added, the service trains the new group.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from shared.composition.container import Container
from shared.domain.collections import CollectionKey
from shared.domain.errors import (
    BadArgument,
    CollectionExists,
    EnrolmentRejected,
    InvalidImage,
    InvalidImageSize,
    LineamentError,
)
from shared.domain.identifiers import canonical_uuid
from shared.domain.limits import MAXIMUM_IMAGE_BYTES
from shared.domain.values import Person
from shared.services.archive.archive import Archive
from shared.services.archive.entries import CollectionEntry, PersonEntry
from shared.services.collections.collections import Collections
from shared.services.collections.persons import Persons
from tools.operate.arguments import GROUP_KINDS, parse_group

_PAGE = 1000
_COLUMNS = ("personId", "image")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the manifest.

    Attributes:
        line: its line number in the file, from 1.
        image: a path, or ``blob:container/name``.
    """

    line: int
    person_id: str
    image: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a re-enrolment.

    Attributes:
        refused: line and reason of each image that was rejected.
        without_faces: persons of the new group without a face.
    """

    persons: int
    faces: int
    refused: tuple[tuple[int, str], ...]
    without_faces: tuple[str, ...]


def read_manifest(path: Path) -> list[Row]:
    """Read a manifest.

    Raises:
        BadArgument: it cannot be read, lacks a column, or has a line without a valid personId.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file)
            if not set(_COLUMNS) <= set(table.fieldnames or ()):
                raise BadArgument(f"{path} must have the columns {' and '.join(_COLUMNS)}.")
            return [_row(table.line_num, line) for line in table]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadArgument(f"{path} cannot be read as CSV in UTF-8.") from error


def _row(number: int, line: Mapping[str, str | None]) -> Row:
    person_id = canonical_uuid((line["personId"] or "").strip())
    image = (line["image"] or "").strip()
    if person_id is None or not image:
        raise BadArgument(f"Line {number} must have a personId, which is a GUID, and an image.")
    return Row(number, person_id, image)


class ReEnrolment:
    """Enrols a group again, under another recognition model.

    Args:
        read: returns the bytes of an image; raises InvalidImage if it cannot be read.
    """

    def __init__(
        self,
        groups: Collections,
        archive: Archive,
        enrolment: Persons,
        read: Callable[[str], bytes],
    ) -> None:
        self._groups = groups
        self._archive = archive
        self._enrolment = enrolment
        self._read = read

    def run(
        self, source: CollectionKey, target: CollectionKey, model: str, rows: Sequence[Row]
    ) -> Outcome:
        """Create the target with the source's persons and the faces of the manifest.

        Raises:
            BadArgument: the source has that model already, or lacks a person of the manifest;
                nothing was created.
            CollectionNotFound, CollectionExists: the source does not exist, or the target does.
            QuotaExceeded: the target is full.
        """
        old = self._groups.get(source)
        if old.recognition_model == model:
            raise BadArgument(f"{source.collection_id} has the model {model} already.")
        persons = {person.person_id: person for person in self._persons(source)}
        for row in rows:
            if row.person_id not in persons:
                raise BadArgument(f"Line {row.line}: the group has no such person.")
        if self._groups.find(target) is not None:
            raise CollectionExists(target.kind)
        head = CollectionEntry(old.name, old.user_data, model, old.gate)
        people = [PersonEntry(one.person_id, one.name, one.user_data) for one in persons.values()]
        self._archive.import_page(target, [head, *people])
        refused: dict[int, str] = {}
        for row in rows:
            try:
                self._enrolment.add_face(
                    target, row.person_id, self._read(row.image), target=None, user_data=None
                )
            except (InvalidImage, InvalidImageSize, EnrolmentRejected) as error:
                refused[row.line] = error.message
        enrolled = {row.person_id for row in rows if row.line not in refused}
        return Outcome(
            len(persons),
            len(rows) - len(refused),
            tuple(refused.items()),
            tuple(person_id for person_id in persons if person_id not in enrolled),
        )

    def _persons(self, source: CollectionKey) -> Iterator[Person]:
        start = ""
        while page := self._enrolment.page_persons(source, start=start, top=_PAGE):
            yield from page
            start = page[-1].person_id


def re_enrolment_of(container: Container, folder: Path) -> ReEnrolment:
    """A re-enrolment whose images are in a folder or in the storage account."""

    def read(image: str) -> bytes:
        if image.startswith("blob:"):
            name, _, blob = image.removeprefix("blob:").partition("/")
            content = container.storage.blobs.read(name, blob) if name and blob else None
            if content is None:
                raise InvalidImage("The blob does not exist.")
            return content
        return read_file(folder / image)

    enrolment = container.enrolment
    return ReEnrolment(enrolment.collections, enrolment.archive, enrolment.persons, read)


def read_file(path: Path) -> bytes:
    """The bytes of an image file, up to just above the maximum size.

    Raises:
        InvalidImage: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(MAXIMUM_IMAGE_BYTES + 1)
    except OSError as error:
        raise InvalidImage(f"The file cannot be read: {error.strerror}.") from error


def main(
    arguments: Sequence[str] | None = None, environment: Mapping[str, str] = os.environ
) -> int:
    """Re-enrol; 0 if every image was enrolled, 1 if one was rejected or nothing was done."""
    given = _parser().parse_args(arguments)
    with closing(Container(environment)) as container:
        return _re_enrolled(container, given)


def _re_enrolled(container: Container, given: argparse.Namespace) -> int:
    """Re-enrol and print the result; returns the exit code."""
    try:
        source, target = _key(given.group), _key(f"{given.group.partition('/')[0]}/{given.to}")
        if given.model not in container.settings.recognition_models:
            raise BadArgument(f"There is no recognition model {given.model}.")
        rows = read_manifest(given.manifest)
        re_enrolment = re_enrolment_of(container, given.manifest.resolve().parent)
        outcome = re_enrolment.run(source, target, given.model, rows)
        if outcome.faces:
            container.training.runs.request(target)
    except LineamentError as error:
        print(f"re-enrol: {error.message}", file=sys.stderr)
        return 1
    for line, reason in outcome.refused:
        print(f"line {line}: {reason}", file=sys.stderr)
    for person_id in outcome.without_faces:
        print(f"no face: {person_id}", file=sys.stderr)
    print(
        f"{target.kind.segment}/{target.collection_id}: {outcome.persons} persons,"
        f" {outcome.faces} faces, {len(outcome.refused)} refused"
    )
    return 1 if outcome.refused else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.operate re-enrol",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "group", help=f"the group, as in persongroups/staff; one of {', '.join(GROUP_KINDS)}"
    )
    parser.add_argument("--to", required=True, help="the id of the new group")
    parser.add_argument("--model", required=True, help="its recognition model")
    parser.add_argument("manifest", type=Path, help="CSV file with the columns personId and image")
    return parser


def _key(text: str) -> CollectionKey:
    key = parse_group(text)
    if key is None:
        raise BadArgument(f"{text!r} must be one of {', '.join(GROUP_KINDS)}, a slash, and an id.")
    return key
