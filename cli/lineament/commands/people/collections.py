"""groups, persons and faces: list, show, rename, delete."""

from __future__ import annotations

from typing import Any

import click

from lineament.errors import NothingFound, Refused
from lineament.service.collections import (
    GROUPS,
    KINDS,
    LISTS,
    Collection,
    find_collection,
    get_collection,
    list_collections,
)
from lineament.service.gates import FACE_RULES, QUALITIES, get_gate, remove_gate, set_gate
from lineament.service.persons import (
    face_path,
    find_person,
    list_by_name,
    list_persons,
    person_path,
)
from lineament.session import Session, confirm, connected, group_option, yes_option
from lineament.text import complain

_name = click.option("--name", help="The new name.")
_data = click.option("--user-data", help="The new userData.")
_person = click.option("--person", help="Name or personId; not for lists.")
_PAGE = 1000


@click.group()
def groups() -> None:
    """Groups and lists of every kind."""


@groups.command("list")
@click.option("--kind", type=click.Choice(KINDS), help="Only this kind.")
@connected
def list_groups(session: Session, kind: str | None) -> None:
    """List the groups and lists."""
    kinds = [kind] if kind else KINDS
    found = [one for each in kinds for one in list_collections(session.client, each)]
    rows = [[one["collection"], one["name"], one.get("recognitionModel")] for one in found]
    session.output.table(found, ["collection", "name", "recognition model"], rows)
    if not found:
        complain("There is no group yet. `lineament enroll` makes one.")


@groups.command("show")
@click.argument("group")
@connected
def show_group(session: Session, group: str) -> None:
    """Show a group with its numbers of persons and faces, and its training."""
    collection = find_collection(session.client, group, KINDS)
    facts = get_collection(session.client, collection)
    facts.pop("persistedFaces", None)
    facts = {"collection": str(collection), **facts}
    if collection.kind in GROUPS:
        persons = list(list_persons(session.client, collection))
        facts["persons"] = len(persons)
        facts["faces"] = sum(len(one.get("persistedFaceIds", [])) for one in persons)
        facts["training"] = _training(session, collection)
    _show(session, facts)


@groups.command("rename")
@click.argument("group")
@_name
@_data
@connected
def rename_group(session: Session, group: str, name: str | None, user_data: str | None) -> None:
    """Change the name or userData of a group."""
    collection = find_collection(session.client, group, KINDS)
    session.client.json("PATCH", collection.path, json=_changes(name, user_data))
    session.output.line({"collection": str(collection)}, f"{collection} is changed.")


@groups.command("delete")
@click.argument("group")
@yes_option
@connected
def delete_group(session: Session, group: str, yes: bool) -> None:
    """Delete a group and everything in it."""
    collection = find_collection(session.client, group, KINDS)
    confirm(f"Delete {collection} and everything in it?", yes=yes)
    session.client.json("DELETE", collection.path)
    session.output.line({"deleted": str(collection)}, f"{collection} is deleted.")


@groups.command("gate")
@click.argument("group")
@click.option(
    "--minimum-quality",
    type=click.Choice(QUALITIES),
    help="Lowest qualityForRecognition of a face.",
)
@click.option(
    "--faces",
    type=click.Choice(FACE_RULES),
    help="Require a single face, or take the largest.",
)
@click.option("--remove", is_flag=True, help="Remove the gate.")
@connected
def gate_of_group(
    session: Session, group: str, minimum_quality: str | None, faces: str | None, remove: bool
) -> None:
    """Show, set or --remove a group's gate: the rules for images whose requests have none.

    A new gate replaces the old one.
    """
    if remove and (minimum_quality or faces):
        raise click.UsageError("--remove takes no rules.")
    collection = find_collection(session.client, group, (*GROUPS, *LISTS))
    if remove:
        remove_gate(session.client, collection)
    elif minimum_quality or faces:
        set_gate(session.client, collection, minimum_quality, faces)
    _show(session, get_gate(session.client, collection))


@click.group()
def persons() -> None:
    """Persons of a group."""


@persons.command("list")
@group_option
@click.option("--name", help="Only names that begin with this, in any case.")
@connected
def list_all_persons(session: Session, group: str, name: str | None) -> None:
    """List the persons of a group."""
    collection = find_collection(session.client, group)
    walk = (
        list_by_name(session.client, collection, name)
        if name
        else list_persons(session.client, collection)
    )
    found = list(walk)
    rows = [
        [one["personId"], one["name"], len(one.get("persistedFaceIds", [])), one.get("userData")]
        for one in found
    ]
    session.output.table(found, ["personId", "name", "faces", "userData"], rows)
    if not found:
        raise NothingFound(f"{collection} has no such person." if name else "There is no person.")


@persons.command("show")
@click.argument("person")
@group_option
@connected
def show_person(session: Session, person: str, group: str) -> None:
    """Show a PERSON, given by name or personId."""
    collection = find_collection(session.client, group)
    _show(session, find_person(session.client, collection, person))


@persons.command("rename")
@click.argument("person")
@group_option
@_name
@_data
@connected
def rename_person(
    session: Session, person: str, group: str, name: str | None, user_data: str | None
) -> None:
    """Change the name or userData of a PERSON, given by name or personId."""
    collection = find_collection(session.client, group)
    person_id = find_person(session.client, collection, person)["personId"]
    path = person_path(collection, person_id)
    session.client.json("PATCH", path, json=_changes(name, user_data))
    session.output.line({"personId": person_id}, f"{person_id} is changed.")


@persons.command("delete")
@click.argument("person")
@group_option
@yes_option
@connected
def delete_person(session: Session, person: str, group: str, yes: bool) -> None:
    """Delete a PERSON, given by name or personId, with all its faces."""
    collection = find_collection(session.client, group)
    found = find_person(session.client, collection, person)
    confirm(f"Delete {found['name']!r} ({found['personId']}) with all faces?", yes=yes)
    session.client.json("DELETE", person_path(collection, found["personId"]))
    session.output.line({"deleted": found["personId"]}, f"{found['personId']} is deleted.")


@click.group()
def faces() -> None:
    """Persisted faces of a person or of a face list."""


@faces.command("list")
@group_option
@_person
@connected
def list_faces(session: Session, group: str, person: str | None) -> None:
    """List the faces of a person or of a face list."""
    collection = find_collection(session.client, group, (*GROUPS, *LISTS))
    found = _faces(session, collection, person)
    columns = ["persistedFaceId", "userData", "person"]
    rows = [[one["persistedFaceId"], one.get("userData"), one.get("name")] for one in found]
    session.output.table(found, columns, rows)
    if not found:
        raise NothingFound("There is no face.")


@faces.command("show")
@click.argument("face")
@group_option
@_person
@connected
def show_face(session: Session, face: str, group: str, person: str | None) -> None:
    """Show a persisted FACE, given by its id."""
    _show(session, session.client.json("GET", _face_path(session, face, group, person)))


@faces.command("rename")
@click.argument("face")
@group_option
@_person
@click.option("--user-data", required=True, help="The new userData.")
@connected
def rename_face(
    session: Session, face: str, group: str, person: str | None, user_data: str
) -> None:
    """Change the userData of a persisted FACE, given by its id."""
    path = _face_path(session, face, group, person)
    session.client.json("PATCH", path, json={"userData": user_data})
    session.output.line({"persistedFaceId": face}, f"{face} is changed.")


@faces.command("delete")
@click.argument("face")
@group_option
@_person
@yes_option
@connected
def delete_face(session: Session, face: str, group: str, person: str | None, yes: bool) -> None:
    """Delete a persisted FACE, given by its id."""
    path = _face_path(session, face, group, person)
    confirm(f"Delete the face {face}?", yes=yes)
    session.client.json("DELETE", path)
    session.output.line({"deleted": face}, f"{face} is deleted.")


def _training(session: Session, collection: Collection) -> str:
    try:
        return str(session.client.json("GET", f"{collection.path}/training")["status"])
    except Refused:
        return "never"


def _face_path(session: Session, face: str, group: str, person: str | None) -> str:
    collection = find_collection(session.client, group, (*GROUPS, *LISTS))
    if collection.kind in LISTS:
        return face_path(collection, None, face)
    if person is None:
        raise click.UsageError("A face of a group needs --person.")
    person_id = find_person(session.client, collection, person)["personId"]
    return face_path(collection, person_id, face)


def _faces(session: Session, collection: Collection, person: str | None) -> list[dict[str, Any]]:
    client = session.client
    if collection.kind == "facelists":
        listed: list[dict[str, Any]] = client.json("GET", collection.path)["persistedFaces"]
        return listed
    if collection.kind == "largefacelists":
        return _pages(session, collection)
    people = (
        list(list_persons(client, collection))
        if person is None
        else [find_person(client, collection, person)]
    )
    return [
        {"personId": one["personId"], "name": one["name"], **_face(session, collection, one, face)}
        for one in people
        for face in one.get("persistedFaceIds", [])
    ]


def _face(
    session: Session, collection: Collection, person: dict[str, Any], face: str
) -> dict[str, Any]:
    path = face_path(collection, person["personId"], face)
    found: dict[str, Any] = session.client.json("GET", path)
    return found


def _pages(session: Session, collection: Collection) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        start = found[-1]["persistedFaceId"] if found else None
        query = {"start": start, "top": _PAGE}
        page = session.client.json("GET", f"{collection.path}/persistedfaces", query=query)
        found += page
        if len(page) < _PAGE:
            return found


def _changes(name: str | None, user_data: str | None) -> dict[str, str]:
    given = {"name": name, "userData": user_data}
    changes = {key: value for key, value in given.items() if value is not None}
    if not changes:
        raise click.UsageError("Give --name or --user-data.")
    return changes


def _show(session: Session, facts: dict[str, Any]) -> None:
    rows = [
        [name, ", ".join(map(str, value)) if isinstance(value, list) else value]
        for name, value in facts.items()
    ]
    session.output.table(facts, ["field", "value"], rows)
