"""migrate: moves in from Azure AI Face, CompreFace and Rekognition."""

from __future__ import annotations

import csv
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from lineament.commands.people.enrolment import (
    conclude,
    enrol_items,
    parallel_option,
    refused_option,
    train_option,
)
from lineament.commands.people.training import train_and_wait
from lineament.connection.choice import clean_endpoint, clean_key
from lineament.connection.client import Client
from lineament.connection.config import Connection
from lineament.enrolment.enrolment import Tally
from lineament.enrolment.sources import Item, Refusal, items_of_folder
from lineament.errors import NothingFound
from lineament.files import NewFile
from lineament.moving.azure import GroupPlan, for_target, list_face_lists, plan_groups
from lineament.moving.compreface import CompreFace
from lineament.moving.copies import make_group
from lineament.moving.rekognition import plan_faces
from lineament.service.collections import find_or_create
from lineament.service.persons import create_person, list_persons
from lineament.service.recognition import RECOGNITION_MODEL
from lineament.session import Session, confirm, connected, yes_option
from lineament.text import amount, complain

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

_dry_run = click.option("--dry-run", is_flag=True, help="Only report what would be done.")
_target = click.option("--group", required=True, help="Id or kind/id; created if missing.")


@dataclass(frozen=True, slots=True)
class Way:
    """The options that all sources share."""

    dry_run: bool
    yes: bool
    parallel: int
    refused: Path
    train: bool


def _moving(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command a session and a way, and their options."""

    @train_option
    @refused_option
    @parallel_option
    @yes_option
    @_dry_run
    @connected
    @functools.wraps(command)
    def run(
        session: Session,
        dry_run: bool,
        yes: bool,
        parallel: int,
        refused: Path,
        train: bool,
        **given: Any,
    ) -> None:
        command(session, Way(dry_run, yes, parallel, refused, train), **given)

    return run


@click.group()
def migrate() -> None:
    """Move data in from another service. Repeating a command creates nothing twice."""


@migrate.command("azure")
@click.option(
    "--from-endpoint",
    required=True,
    envvar="AZURE_FACE_ENDPOINT",
    help="Azure's endpoint. [AZURE_FACE_ENDPOINT]",
)
@click.option(
    "--from-key", required=True, envvar="AZURE_FACE_KEY", help="Its key. [AZURE_FACE_KEY]"
)
@click.option("--group", "groups", multiple=True, help="Only this group; may be repeated.")
@click.option("--images", type=_FOLDER, help="One folder per person, named by personId or name.")
@click.option(
    "--map",
    "map_file",
    type=NewFile(),
    default=Path("person-ids.csv"),
    help="CSV file of the old and new personIds.",
)
@_moving
def azure(
    session: Session,
    way: Way,
    from_endpoint: str,
    from_key: str,
    groups: tuple[str, ...],
    images: Path | None,
    map_file: Path,
) -> None:
    """Move groups from Azure AI Face: persons with names, userData and personIds.

    Azure returns neither images nor templates, so faces are enrolled again from your images. The
    --map lists each personId of Azure with the new personId; in Lineament they are the same.
    """
    connection = Connection(
        clean_endpoint(from_endpoint), clean_key(from_key), remedy="Give a valid --from-key."
    )
    with Client(connection) as source:
        plans = plan_groups(source, groups, images)
        lists = list_face_lists(source)
    _show_plans(session, plans, lists, quiet=session.output.as_json and not way.dry_run)
    if not plans:
        raise NothingFound("Azure has no such group.")
    if way.dry_run:
        return
    confirm(
        f"Move {amount(len(plans), 'group')} to {session.client.connection.endpoint}?", yes=way.yes
    )
    total = Tally()
    identities: list[tuple[str, str, str]] = []
    for plan in plans:
        _move_group(session, plan, way.parallel, total, identities)
        _write_map(map_file, identities)
        if total.interrupted:
            break
        if way.train and plan.items:
            train_and_wait(session, plan.collection)
    names = ", ".join(str(plan.collection) for plan in plans)
    conclude(session, names, total, way.refused)


@migrate.command("compreface")
@click.option("--folder", type=_FOLDER, help="One folder of images per subject.")
@click.option("--from-endpoint", help="Address of CompreFace, instead of --folder.")
@click.option(
    "--from-key",
    envvar="COMPREFACE_KEY",
    help="API key of its recognition service. [COMPREFACE_KEY]",
)
@_target
@_moving
def compreface(
    session: Session,
    way: Way,
    folder: Path | None,
    from_endpoint: str | None,
    from_key: str | None,
    group: str,
) -> None:
    """Move the subjects of CompreFace into a group, from its server or from a folder."""
    if (folder is None) == (from_endpoint is None):
        raise click.UsageError("Give either --folder, or --from-endpoint and --from-key.")
    if folder is not None:
        items, refusals = items_of_folder(folder)
        names = sorted({item.person for item in items})
        _enrol_named(session, way, group, items, refusals, names)
        return
    if not from_key:
        raise click.UsageError("--from-endpoint needs --from-key.")
    with CompreFace(clean_endpoint(from_endpoint or ""), from_key) as source:
        names, items = source.subjects(), source.items()
        _enrol_named(session, way, group, items, [], names)


@migrate.command("rekognition")
@click.argument("faces", type=_FILE)
@click.option(
    "--images",
    type=_FOLDER,
    required=True,
    help="Images, or folders of images, named by ExternalImageId.",
)
@click.option(
    "--pattern",
    help="Regular expression for the person in an ExternalImageId, as in '([a-z]+)_.*'.",
)
@_target
@_moving
def rekognition(
    session: Session,
    way: Way,
    faces: Path,
    images: Path,
    pattern: str | None,
    group: str,
) -> None:
    """Move a collection of Rekognition into a group.

    FACES is the output of `aws rekognition list-faces`.
    """
    items, refusals = plan_faces(faces, images, pattern)
    names = sorted({item.person for item in items})
    _enrol_named(session, way, group, items, refusals, names)


def _enrol_named(
    session: Session,
    way: Way,
    group: str,
    items: Sequence[Item],
    refusals: list[Refusal],
    names: Sequence[str],
) -> None:
    """Report the plan; then make the persons and enrol their images."""
    without = sorted(set(names) - {item.person for item in items})
    facts = {
        "persons": len(names),
        "images": len(items),
        "personsWithoutImages": without,
        "refused": len(refusals),
    }
    if way.dry_run or not session.output.as_json:
        rows = [[name, value if value != [] else 0] for name, value in facts.items()]
        session.output.table(facts, ["to be moved", ""], rows)
    if not names:
        raise NothingFound("The source has no person.")
    if way.dry_run:
        return
    confirm(f"Move {amount(len(names), 'person')} into {group}?", yes=way.yes)
    collection = find_or_create(session.client, group, RECOGNITION_MODEL)
    if without:
        present = {person["name"] for person in list_persons(session.client, collection)}
        for name in without:
            if name not in present:
                create_person(session.client, collection, name, None)
    tally = enrol_items(session, collection, items, way.parallel)
    tally.refusals[:0] = refusals
    trained = collection if way.train else None
    conclude(session, str(collection), tally, way.refused, trained=trained)


def _show_plans(
    session: Session, plans: Sequence[GroupPlan], lists: Sequence[str], *, quiet: bool
) -> None:
    facts: list[dict[str, Any]] = [
        {
            "group": str(plan.collection),
            "persons": len(plan.group.persons),
            "faces": plan.faces,
            "images": len(plan.items),
            "personsWithoutImages": plan.without_images,
        }
        for plan in plans
    ]
    if quiet:
        return
    columns = ["group", "persons", "faces in Azure", "images found", "persons without images"]
    rows = [[*list(one.values())[:4], len(one["personsWithoutImages"])] for one in facts]
    session.output.table({"groups": facts, "notMoved": list(lists)}, columns, rows)
    for name in lists:
        complain(f"{name} is not moved: a face list has no persons.")


def _move_group(
    session: Session,
    plan: GroupPlan,
    parallel: int,
    total: Tally,
    identities: list[tuple[str, str, str]],
) -> None:
    # Callers name the group's recognition model when they detect, so that it stays.
    model = plan.group.recognition_model
    ids = make_group(session.client, plan.collection, plan.group, model)
    identities += [(str(plan.collection), old, new) for old, new in ids.items()]
    items = for_target(plan.items, ids)
    tally = enrol_items(session, plan.collection, items, parallel, by_id=True)
    total.added += tally.added
    total.present += tally.present
    total.refusals += tally.refusals
    total.interrupted = tally.interrupted


def _write_map(file: Path, identities: Sequence[tuple[str, str, str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(("group", "personId in Azure", "personId"))
        writer.writerows(identities)
