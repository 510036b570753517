"""Groups and lists, of every kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from lineament.connection.client import Client
from lineament.errors import NotFound, Refused

FACE = "face/v1.2"
"""Azure AI Face's operations in the version that this program speaks."""

GROUPS = ("largepersongroups", "persongroups")
"""Kinds that hold persons; an id without its kind is looked up in this order."""

LISTS = ("largefacelists", "facelists")
KINDS = (*GROUPS, *LISTS, "dynamicpersongroups")
TRAINED = (*GROUPS, "largefacelists")

DIRECTORY = "persondirectory"
"""Names the person directory in place of a collection."""

_ID = {
    "persongroups": "personGroupId",
    "largepersongroups": "largePersonGroupId",
    "facelists": "faceListId",
    "largefacelists": "largeFaceListId",
    "dynamicpersongroups": "dynamicPersonGroupId",
}
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Collection:
    """A group or list, written ``largepersongroups/staff``."""

    kind: str
    id: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.id}"

    @property
    def path(self) -> str:
        """The path below the endpoint."""
        return f"{FACE}/{self.kind}/{quote(self.id, safe='')}"

    @property
    def id_name(self) -> str:
        """The name of its id in bodies, such as ``largePersonGroupId``."""
        return _ID[self.kind]


def parse_collection(text: str) -> Collection | None:
    """The collection that ``kind/id`` names; None for an id without its kind.

    Raises:
        Refused: the kind does not exist, or the text is empty.
    """
    kind, slash, name = text.partition("/")
    if text and not slash:
        return None
    if kind not in KINDS or not name:
        raise Refused(f"{text!r} must be an id, or one of {', '.join(KINDS)}, a slash and an id.")
    return Collection(kind, name)


def find_collection(client: Client, text: str, kinds: tuple[str, ...] = GROUPS) -> Collection:
    """The existing collection that a text names, with or without its kind.

    Args:
        kinds: those that the command takes.

    Raises:
        Refused: it is of another kind.
        NotFound: there is none.
    """
    given = parse_collection(text)
    if text == DIRECTORY or (given is not None and given.kind not in kinds):
        expected = " or ".join(f"{kind}/…" for kind in kinds)
        raise Refused(f"This is not for {text}. Use {expected}.")
    for candidate in [given] if given else [Collection(kind, text) for kind in kinds]:
        try:
            client.json("GET", candidate.path)
        except NotFound:
            continue
        return candidate
    raise NotFound(f"There is no collection {text}. `lineament groups list` shows what there is.")


def find_scope(client: Client, text: str, kinds: tuple[str, ...] = GROUPS) -> str:
    """``persondirectory``, or the existing collection that a text names, as ``kind/id``.

    Raises:
        Refused, NotFound: as :func:`find_collection`.
    """
    return text if text == DIRECTORY else str(find_collection(client, text, kinds))


def find_or_create(client: Client, text: str, recognition_model: str) -> Collection:
    """The group that a text names; made, as a large person group unless it has a kind, if missing.

    Raises:
        Refused: the kind cannot be made, or the service rejects the id.
    """
    missing = parse_collection(text) or Collection(GROUPS[0], text)
    if missing.kind not in GROUPS:
        raise Refused(
            f"{missing} has no persons to enrol. Use persongroups/… or largepersongroups/…."
        )
    try:
        return find_collection(client, text)
    except NotFound:
        pass
    try:
        create_collection(client, missing, missing.id, None, recognition_model)
    except Refused as error:
        if not error.code.endswith("Exists"):  # another run was faster
            raise
    return missing


def create_collection(
    client: Client,
    collection: Collection,
    name: str,
    user_data: str | None,
    recognition_model: str,
) -> None:
    """Create a group or list."""
    body = {"name": name, "userData": user_data, "recognitionModel": recognition_model}
    client.json("PUT", collection.path, json={k: v for k, v in body.items() if v is not None})


def get_collection(client: Client, collection: Collection) -> dict[str, Any]:
    """What the service stores about a collection, with its recognition model."""
    query = {"returnRecognitionModel": True} if collection.kind != "dynamicpersongroups" else {}
    found: dict[str, Any] = client.json("GET", collection.path, query=query)
    return found


def list_collections(client: Client, kind: str) -> Iterator[dict[str, Any]]:
    """The collections of a kind, in order of id, each with ``collection`` as ``kind/id``."""
    start, name = "", _ID[kind]
    while True:
        query = {"start": start or None, "top": _PAGE} if kind != "facelists" else {}
        if kind != "dynamicpersongroups":
            query["returnRecognitionModel"] = True
        try:
            page = client.json("GET", f"{FACE}/{kind}", query=query)
        except NotFound:  # Azure does not serve every kind in every region
            return
        for one in page:
            yield {"collection": f"{kind}/{one[name]}", **one}
        if kind == "facelists" or len(page) < _PAGE:
            return
        start = page[-1][name]
