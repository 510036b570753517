"""cohort: makes a cohort of images or of enrolled groups, for FACE_COHORT."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from lineament.commands.people.enrolment import enrol_items, parallel_option
from lineament.enrolment.enrolment import Gate
from lineament.enrolment.sources import items_of_folder
from lineament.enrolment.temporary_group import named_again, numbered, temporary_group
from lineament.errors import INTERRUPTED, NothingFound, Refused
from lineament.files import NewFile, open_private
from lineament.service.collections import GROUPS, find_collection
from lineament.service.recognition import RECOGNITION_MODEL
from lineament.session import Session, connected
from lineament.text import complain

_MOST_PEOPLE, _MOST_IMAGES = 1_000, 3
"""What the service uses of a folder."""


@click.command()
@click.argument("people", nargs=-1, required=True)
@click.argument("file", type=NewFile())
@parallel_option
@connected
def cohort(session: Session, people: tuple[str, ...], file: Path, parallel: int) -> None:
    """Make a cohort of PEOPLE and write it to FILE, for the setting FACE_COHORT.

    PEOPLE is a folder with one folder of images per person, or enrolled groups: 200 people or more,
    of all ages. Made from a folder, FILE contains embeddings, which are biometric data; the images
    are enrolled in a temporary group. Made from groups, it contains ids only, and works with the
    service that has the groups.
    """
    if file.exists():
        raise Refused(f"{file} exists already. Name another file.")
    folder = Path(people[0])
    if len(people) == 1 and folder.is_dir():
        found = _of_folder(session, folder, parallel)
    else:
        names = [str(find_collection(session.client, one, GROUPS)) for one in people]
        found = _made(session, ",".join(names), embeddings=False)
    with open(file, "x", encoding="utf-8", opener=open_private) as opened:
        json.dump(found, opened, indent=1)
    measured = found["measured"]
    count = len(found["enrolled"]) or _rows(found)
    session.output.line(
        {"file": str(file), "people": count, "measured": measured},
        f"{file}: {count} people. Of {measured['others']} pairs of two persons verify"
        f" accepts {measured['falseAcceptsRaw']} without it and {measured['falseAccepts']} with it;"
        f" of {measured['sames']} of one it misses {measured['missesRaw']} and"
        f" {measured['misses']}.",
    )


def _of_folder(session: Session, folder: Path, parallel: int) -> dict[str, Any]:
    """A cohort with embeddings; the images' faces are in a group only meanwhile."""
    items, names = numbered(items_of_folder(folder)[0], _MOST_PEOPLE, _MOST_IMAGES)
    if not items:
        raise NothingFound(f"{folder} has no images in folders of persons.")
    with temporary_group(session.client, RECOGNITION_MODEL) as group:
        tally = enrol_items(session, group, items, parallel, gate=Gate(faces="largest"))
        if tally.interrupted:
            raise click.exceptions.Exit(INTERRUPTED)
        if tally.refusals:
            complain(f"{len(tally.refusals)} images were not used.")
        try:
            return _made(session, str(group), embeddings=True)
        except Refused as error:
            raise Refused(named_again(session.client, group, names, error.message)) from error


def _made(session: Session, collections: str, *, embeddings: bool) -> dict[str, Any]:
    query = {"collections": collections, "embeddings": embeddings or None}
    found: dict[str, Any] = session.client.json("GET", "lineament/v1/cohort", query=query)
    return found


def _rows(found: dict[str, Any]) -> int:
    """How many embeddings of float32 a file has."""
    return len(found["embeddings"]) * 3 // 4 // (4 * int(found["dimension"]))
