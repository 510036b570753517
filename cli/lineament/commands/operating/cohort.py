"""cohort: makes a cohort of enrolled groups, for FACE_COHORT."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click

from lineament.errors import Refused
from lineament.service.collections import GROUPS, find_collection
from lineament.session import Session, connected

_FILE = click.Path(dir_okay=False, path_type=Path)
_PRIVATE = 0o600


@click.command()
@click.argument("groups", nargs=-1, required=True)
@click.argument("file", type=_FILE)
@connected
def cohort(session: Session, groups: tuple[str, ...], file: Path) -> None:
    """Make a cohort of GROUPS and write it to FILE, which FACE_COHORT names to the service.

    The groups must have 200 people or more, of all ages. The file holds ids and no embeddings: it
    serves the service that holds the groups. From images, a cohort is made in the checkout.
    """
    if file.exists():
        raise Refused(f"{file} exists already. Name another file.")
    names = [str(find_collection(session.client, one, GROUPS)) for one in groups]
    found: dict[str, Any] = session.client.json(
        "GET", "lineament/v1/cohort", query={"collections": ",".join(names)}
    )
    with open(file, "x", encoding="utf-8", opener=_private) as opened:
        json.dump(found, opened, indent=1)
    measured = found["measured"]
    result = {"file": str(file), "people": len(found["enrolled"]), "measured": measured}
    session.output.line(
        result,
        f"{file}: {result['people']} people. Of {measured['others']} pairs of two persons verify"
        f" accepts {measured['falseAcceptsRaw']} without it and {measured['falseAccepts']} with it;"
        f" of {measured['sames']} of one it misses {measured['missesRaw']} and"
        f" {measured['misses']}.",
    )


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, _PRIVATE)
