"""Persons as documents; `face_documents.py` has their ids and partitions."""

from __future__ import annotations

from shared.domain.values import Person
from shared.storage.documents.store import Document
from shared.storage.records.face_documents import PERSON_PREFIX


def person_body(person: Person) -> dict[str, object]:
    """The body of a person's document."""
    return {
        "name": person.name,
        "userData": person.user_data,
        "persistedFaceIds": list(person.persisted_face_ids),
    }


def read_person(document: Document) -> Person:
    """Decode a body made by ``person_body``."""
    body = document.body
    return Person(
        person_id=document.key.id.removeprefix(PERSON_PREFIX),
        name=body["name"],
        user_data=body["userData"],
        persisted_face_ids=tuple(body["persistedFaceIds"]),
    )
