"""deletions: what is left of what was deleted."""

from __future__ import annotations

import click

from lineament.errors import Refused
from lineament.service.collections import DIRECTORY, GROUPS, parse_collection
from lineament.service.deletions import get_deletion
from lineament.session import Session, connected


@click.group()
def deletions() -> None:
    """Progress of deletions."""


@deletions.command("show")
@click.argument("deleted")
@click.option(
    "--group", required=True, help="The collection it was in: an id, kind/id or persondirectory."
)
@click.option("--person", help="personId, if DELETED is a face of a person.")
@connected
def show_deletion(session: Session, deleted: str, group: str, person: str | None) -> None:
    """Show the progress of a deletion: of a person, a face or the group itself."""
    found = get_deletion(session.client, _collection(group), deleted, person)
    rows = [[one["what"], one["until"] or "late", one["sentence"]] for one in found["owed"]]
    if session.output.as_json or rows:
        session.output.table(found, ["owed", "until", "meaning"], rows)
    if not session.output.as_json and found["status"] != "existing":
        session.output.line(found, f"{found['collection']}: {deleted} is {found['status']}.")
    if found["status"] == "existing":
        raise Refused(f"{deleted} is not deleted.")


def _collection(text: str) -> str:
    """A deleted group is not looked up: an id without its kind is that of a large group."""
    if text == DIRECTORY:
        return text
    return str(parse_collection(text) or f"{GROUPS[0]}/{text}")
