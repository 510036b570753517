"""How far deletions are."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from lineament.connection.client import Client

_DELETIONS = "lineament/v1/deletions"


def get_deletion(
    client: Client, collection: str, deleted_id: str, person_id: str | None = None
) -> dict[str, Any]:
    """The status of a deletion, and what is owed.

    Args:
        collection: ``kind/id``, or ``persondirectory``.
        deleted_id: of a person, a list's face, or the collection's own id.
        person_id: the person whose face the id is; None: it is not a person's face.
    """
    query = {"collection": collection, "personId": person_id}
    found: dict[str, Any] = client.json(
        "GET", f"{_DELETIONS}/{quote(deleted_id, safe='')}", query=query
    )
    return found
