"""JSON lines of archives, and the answer to an import."""

from __future__ import annotations

from typing import Annotated

import msgspec

from shared.api.bodies.enrolment import GateBody
from shared.api.bodies.members import FaceUserData, Name, RecognitionModel, UserData, Uuid
from shared.api.bodies.wire import Wire

FORMAT = "lineament-archive"
FORMAT_VERSION = 1

_Base64 = Annotated[str, msgspec.Meta(extra_json_schema={"contentEncoding": "base64"})]
_Length = Annotated[float, msgspec.Meta(gt=0, le=1e6)]


class CollectionLine(Wire, frozen=True, kw_only=True, tag_field="type", tag="collection"):
    """The first line: the collection, as ``collection`` names it in queries."""

    format: str
    format_version: int
    collection: str
    name: Name | None = None
    user_data: UserData | None = None
    recognition_model: RecognitionModel | None = None
    gate: GateBody | None = None


class PersonLine(Wire, frozen=True, kw_only=True, tag_field="type", tag="person"):
    """A person, before its faces."""

    person_id: Uuid
    name: Name
    user_data: UserData | None = None


class FaceLine(Wire, frozen=True, kw_only=True, tag_field="type", tag="face"):
    """A persisted face: of a person, or of a list.

    ``embedding`` is base64 of float32 numbers; ``embeddingLength`` is its length before it was
    normalised, which archives of older versions do not have.
    """

    person_id: Uuid | None = None
    persisted_face_id: Uuid
    user_data: FaceUserData | None = None
    recognition_model: RecognitionModel | None = None
    embedding_model: str | None = None
    embedding: _Base64 | None = None
    embedding_length: _Length | None = None


class MemberLine(Wire, frozen=True, kw_only=True, tag_field="type", tag="member"):
    """A person of the directory that is in a dynamic person group."""

    person_id: Uuid


ArchiveLine = CollectionLine | PersonLine | FaceLine | MemberLine


class CountsAnswer(Wire, frozen=True, omit_defaults=False):
    """Numbers of lines."""

    collections: int
    persons: int
    faces: int
    members: int


class LeftOutAnswer(Wire, frozen=True, omit_defaults=False):
    """Numbers of lines that were left out."""

    persons: int
    faces: int


class ImportAnswer(Wire, frozen=True):
    """What an import created, what existed, which faces had no embedding, and what was left out
    because its deletion is not complete.
    """

    created: CountsAnswer
    existing: CountsAnswer
    skipped: LeftOutAnswer
    deleted: LeftOutAnswer
