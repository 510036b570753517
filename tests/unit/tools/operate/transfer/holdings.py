"""A store with one of everything that an export contains, and its visible content."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

import numpy as np

from shared.domain.collections import (
    DYNAMIC_PERSON_GROUP,
    FACE_COLLECTIONS,
    FACE_LIST,
    KINDS,
    PERSON_COLLECTIONS,
    CollectionKind,
)
from shared.domain.directory import DirectoryPerson, DynamicGroup
from shared.domain.values import Collection, Embedding, PersistedFace, Person
from shared.storage.documents.store import DocumentStore
from shared.storage.layout import COLLECTIONS, PEOPLE
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.collections.listed_faces import ListedFaces
from shared.storage.records.collections.people import People
from shared.storage.records.collections.person_counters import PersonCounters
from shared.storage.records.directory.memberships import Memberships
from shared.storage.records.directory.people import DirectoryPeople
from shared.vision.runtime.manifest import Task, load_manifest

MODEL = load_manifest().first(Task.RECOGNITION).name
EVERYTHING = 1_000


def fill(store: DocumentStore, seed: int) -> None:
    """Create collections of every kind and a directory in an empty store."""
    dice = np.random.default_rng(seed)
    records = CollectionRecords(store.container(COLLECTIONS))
    person_counters = PersonCounters(store.container(COLLECTIONS))
    people, lists = People(store.container(PEOPLE)), ListedFaces(store.container(PEOPLE))
    for kind in (*PERSON_COLLECTIONS, *FACE_COLLECTIONS):
        for number in range(2):
            collection = _collection(kind, f"{kind.segment}-{number}")
            records.create(collection)
            if kind in FACE_COLLECTIONS:
                for _ in range(5):
                    lists.add(collection, _face(dice, ""), maximum=1_000)
                continue
            for faces in (0, 1, 3):
                person = Person(_uuid(dice), "Zoë Müller", '{"n": 1}')
                people.create(collection, person)
                person_counters.add(kind, person.person_id, 1)
                for _ in range(faces):
                    people.add_face(collection, _face(dice, person.person_id))
    _fill_directory(store, dice, records)


def visible_content(store: DocumentStore) -> dict[str, Any]:
    """Everything that callers can read, apart from incarnations."""
    records = CollectionRecords(store.container(COLLECTIONS))
    person_counters = PersonCounters(store.container(COLLECTIONS))
    seen: dict[str, Any] = {}
    for kind in KINDS.values():
        for collection in records.page(kind, start="", top=EVERYTHING):
            seen[f"{kind.segment}/{collection.collection_id}"] = {
                "facts": (collection.name, collection.user_data, collection.recognition_model),
                "content": _content(store, collection),
            }
    seen["counters"] = [person_counters.total(kind) for kind in PERSON_COLLECTIONS]
    seen["directory"] = _directory(store)
    return seen


def incarnations(store: DocumentStore) -> set[str]:
    """The incarnations of all collections."""
    records = CollectionRecords(store.container(COLLECTIONS))
    return {
        collection.incarnation
        for kind in KINDS.values()
        for collection in records.page(kind, start="", top=EVERYTHING)
    }


def _fill_directory(
    store: DocumentStore, dice: np.random.Generator, records: CollectionRecords
) -> None:
    directory = DirectoryPeople(store.container(PEOPLE))
    memberships = Memberships(store.container(PEOPLE))
    persons = [_uuid(dice) for _ in range(20)]
    for person_id in persons:
        directory.create(DirectoryPerson(person_id, "directory", None))
        for model in ("recognition_03", "recognition_04"):
            directory.add_face(model, _face(dice, person_id), maximum=248)
    for name, members in (("some", persons[:7]), ("dashes-and_more", persons[5:]), ("none", [])):
        group = _collection(DYNAMIC_PERSON_GROUP, name)
        records.create(group)
        memberships.add(DynamicGroup(name, group.incarnation), members)
        memberships.remove(DynamicGroup(name, group.incarnation), members[:1])


def _collection(kind: CollectionKind, name: str) -> Collection:
    model = "" if kind is DYNAMIC_PERSON_GROUP else "recognition_04"
    return Collection(kind, name, f"{kind.title} ü", model, str(uuid.uuid4()), "data")


def _uuid(dice: np.random.Generator) -> str:
    return str(uuid.UUID(bytes=dice.bytes(16), version=4))


def _face(dice: np.random.Generator, person_id: str) -> PersistedFace:
    face_id = _uuid(dice)
    vector = dice.standard_normal(128).astype(np.float32)
    vector /= np.linalg.norm(vector)
    return PersistedFace(face_id, person_id or face_id, Embedding(vector, MODEL), "face data")


def _seen(faces: Iterable[PersistedFace]) -> list[tuple[object, ...]]:
    return [
        (
            face.persisted_face_id,
            face.person_id,
            face.user_data,
            face.embedding.model,
            face.embedding.vector.tobytes(),
        )
        for face in faces
    ]


def _content(store: DocumentStore, collection: Collection) -> list[Any]:
    people = People(store.container(PEOPLE))
    if collection.kind is DYNAMIC_PERSON_GROUP:
        memberships = Memberships(store.container(PEOPLE))
        return memberships.persons(collection.incarnation, start="", top=EVERYTHING)
    if collection.kind in FACE_COLLECTIONS:
        lists = ListedFaces(store.container(PEOPLE))
        faces = _seen(lists.page(collection, start="", top=EVERYTHING))
        roster = lists.roster(collection).faces if collection.kind is FACE_LIST else None
        return [*faces, roster]
    return [
        (person, _seen(people.faces(collection, person)))
        for person in people.page(collection, start="", top=EVERYTHING)
    ]


def _directory(store: DocumentStore) -> list[Any]:
    directory = DirectoryPeople(store.container(PEOPLE))
    memberships = Memberships(store.container(PEOPLE))
    seen = []
    for person in directory.page(start="", top=EVERYTHING):
        faces = {
            model: _seen(face for page in directory.faces(model, [person]) for face in page)
            for model in sorted(person.faces)
        }
        groups = memberships.groups(person.person_id, start="", limit=EVERYTHING)
        seen.append((person, faces, [group.group_id for group in groups]))
    return seen
