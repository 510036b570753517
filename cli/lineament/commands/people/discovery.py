"""duplicates and unknowns: persons enrolled twice, and unknown people on uploads."""

from __future__ import annotations

import click

from lineament.errors import NothingFound
from lineament.service.collections import find_scope
from lineament.service.discovery import (
    find_duplicates,
    forget_unknown,
    list_unknowns,
    merge_unknowns,
    promote_unknown,
)
from lineament.session import Session, confirm, connected, yes_option
from lineament.terminal import percent
from lineament.text import amount

_group = click.option("--group", required=True, help="A group's id, kind/id or persondirectory.")


@click.command()
@_group
@click.option("--threshold", type=click.FloatRange(0, 1), help="Minimum confidence of a pair.")
@connected
def duplicates(session: Session, group: str, threshold: float | None) -> None:
    """List persons who may be the same, and persons whose faces may be two people's."""
    with percent("comparing") as progress:
        task = progress.task_ids[0]
        found = find_duplicates(
            session.client,
            find_scope(session.client, group),
            threshold,
            progress=lambda done: progress.update(task, completed=done),
        )
    rows = [
        ["look like one", *(one["name"] for one in pair["persons"]), pair["confidence"]]
        for pair in found["pairs"]
    ]
    for one in found["mixed"]:
        first, second = (amount(len(faces), "face") for faces in one["groups"])
        name = f"{one['name']}: {first}"
        rows.append(["looks like two", name, second, one["confidence"]])
    session.output.table(found, ["", "person", "and", "confidence"], rows)
    if not rows:
        raise NothingFound("No duplicates were found.")


@click.group()
def unknowns() -> None:
    """Unknown people in uploads, if the service stores them."""


@unknowns.command("list")
@connected
def list_command(session: Session) -> None:
    """List unknown people by how often they were seen."""
    found = list(list_unknowns(session.client))
    rows = [
        [one["unknownId"], one["count"], one["firstSeen"], one["lastSeen"], one["uploads"][:1]]
        for one in found
    ]
    columns = ["unknown", "seen", "first", "last", "newest upload"]
    session.output.table(found, columns, [[*row[:4], *row[4]] for row in rows])
    if not found:
        raise NothingFound("No unknown people are kept.")


@unknowns.command("promote")
@click.argument("unknown")
@_group
@click.option("--name", help="Name of the person to create.")
@click.option("--user-data", help="Its userData.")
@click.option("--person", help="personId of an existing person, instead of a name.")
@connected
def promote(
    session: Session,
    unknown: str,
    group: str,
    name: str | None,
    user_data: str | None,
    person: str | None,
) -> None:
    """Turn an UNKNOWN person into a person of a group; train the group afterwards."""
    if (name is None) == (person is None):
        raise click.UsageError("Give either --name or --person.")
    given = {"name": name, "userData": user_data, "personId": person}
    body = {key: value for key, value in given.items() if value is not None}
    body["collection"] = find_scope(session.client, group)
    made = promote_unknown(session.client, unknown, body)
    count = len(made["persistedFaceIds"])
    session.output.line(
        made, f"{made['personId']} has {amount(count, 'face')} more. Train the group."
    )


@unknowns.command("merge")
@click.argument("unknown")
@click.argument("other")
@connected
def merge(session: Session, unknown: str, other: str) -> None:
    """Merge the OTHER unknown person into the UNKNOWN one."""
    merged = merge_unknowns(session.client, unknown, other)
    session.output.line(merged, f"{merged['unknownId']} was seen {merged['count']} times.")


@unknowns.command("forget")
@click.argument("unknown")
@yes_option
@connected
def forget(session: Session, unknown: str, yes: bool) -> None:
    """Delete everything that is stored of an UNKNOWN person."""
    confirm(f"Forget {unknown}?", yes=yes)
    forget_unknown(session.client, unknown)
    session.output.line({"unknownId": unknown}, f"{unknown} is forgotten.")
