"""Uploads that enrol faces: their names, and the times up to which deletions outdate them.

A deletion records the time of the latest upload that could create again what it deleted. An upload
that is not later than this does not create it again, however late it is ingested. Both times are
those of the storage account, so that no other clock matters. Keys are hashes; records expire after
the uploads.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.domain.collections import COLLECTIONS, CollectionKey
from shared.domain.errors import DocumentConflict
from shared.storage.documents.store import DocumentContainer, Key, read_time, stored_time

ENROLMENT_FOLDER = "enroll"
NEVER = datetime.min.replace(tzinfo=UTC)
"""The time of a deletion that found no such upload."""

_SEGMENTS = {kind.segment: kind for kind in COLLECTIONS}


@dataclass(frozen=True, slots=True)
class EnrolmentName:
    """The parts of an upload's name: ``enroll/<segment>/<collection>/<person>/<file>``.

    Attributes:
        person: a personId or a name; in a list, the face's userData.
    """

    collection: CollectionKey
    person: str


def is_enrolment(upload: str) -> bool:
    """Whether an upload is to be enrolled, by its name."""
    return upload.startswith(f"{ENROLMENT_FOLDER}/")


def enrolment_name(upload: str) -> EnrolmentName | None:
    """The parts of an upload's name; None if it is not such a name."""
    parts = upload.split("/", 4)
    if len(parts) < 5 or parts[0] != ENROLMENT_FOLDER or not all(parts):
        return None
    kind = _SEGMENTS.get(parts[1])
    return None if kind is None else EnrolmentName(CollectionKey(kind, parts[2]), parts[3])


def enrolment_folder(collection: CollectionKey, person: str | None = None) -> str:
    """The beginning of the names of all uploads for a collection, or for a person of it."""
    folder = f"{ENROLMENT_FOLDER}/{collection.kind.segment}/{collection.collection_id}/"
    return folder if person is None else f"{folder}{person}/"


def collection_subject(collection: CollectionKey) -> str:
    """The subject under which the deletion of a collection is recorded."""
    return enrolment_folder(collection)


def person_subject(collection: CollectionKey, name: str) -> str:
    """The subject under which the deletion of a person of that name is recorded."""
    return enrolment_folder(collection, name)


def face_subject(face_id: str) -> str:
    """The subject under which the deletion of a face is recorded."""
    return f"face/{face_id}"


class DeletionMoments:
    """Reads and writes, by subject, the time up to which a deletion outdates uploads.

    Args:
        lifetime: of a record, in seconds; longer than uploads are kept.
    """

    def __init__(self, container: DocumentContainer, *, lifetime: int) -> None:
        self._container = container
        self._lifetime = lifetime

    def note(self, subject: str, moment: datetime) -> None:
        """Record a deletion; the latest time of several counts."""
        key = _key(subject)
        while True:
            document = self._container.get(key)
            try:
                if document is None:
                    self._container.create(key, _body(moment), ttl=self._lifetime)
                else:
                    latest = max(moment, read_time(document.body["uploaded"]))
                    self._container.replace(
                        key, _body(latest), etag=document.etag, ttl=self._lifetime
                    )
            except DocumentConflict:
                continue
            return

    def find(self, subjects: Sequence[str]) -> list[datetime | None]:
        """The time for each subject; None if no deletion was recorded."""
        documents = self._container.get_many([_key(subject) for subject in subjects])
        return [None if one is None else read_time(one.body["uploaded"]) for one in documents]


def _body(moment: datetime) -> dict[str, object]:
    # `strftime` writes the year 1 without leading zeros.
    return {"uploaded": NEVER.isoformat() if moment == NEVER else stored_time(moment)}


def _key(subject: str) -> Key:
    digest = hashlib.sha256(subject.encode()).hexdigest()
    return Key(digest[:2], f"deleted:{digest}")
