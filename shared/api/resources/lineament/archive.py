"""Converts archives between JSON lines and the service's entries."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from shared.api.bodies.enrolment import GateBody, checked_gate
from shared.api.bodies.lineament.archive import (
    FORMAT,
    FORMAT_VERSION,
    ArchiveLine,
    CollectionLine,
    CountsAnswer,
    FaceLine,
    ImportAnswer,
    LeftOutAnswer,
    MemberLine,
    PersonLine,
)
from shared.api.bodies.people import checked_name, checked_user_data
from shared.api.call import Call, checked_uuid, invalid_body
from shared.api.media_types import BYTE_ORDER_MARK, NDJSON, TOO_LONG, check_lines_type
from shared.api.operations import CONTINUATION, Answer, Content
from shared.api.resources.lineament import parameters as own
from shared.api.resources.lineament.scopes import scope_name
from shared.domain.errors import BadArgument, shown
from shared.domain.face.enrolment import NO_RULES
from shared.domain.face.recognition import SearchScope
from shared.domain.limits import MAXIMUM_BODY_BYTES, MAXIMUM_FACE_USER_DATA_LENGTH

if TYPE_CHECKING:
    from collections import Counter

    from shared.domain.values import Embedding
    from shared.services.archive.entries import ArchivePage, Entry, ImportOutcome

MOST_LINES = 10_000
"""Maximum number of lines of one import."""

_DECODER = msgspec.json.Decoder(ArchiveLine)


def archive_scope(call: Call) -> SearchScope:
    """The collection that the query names.

    Raises:
        BadArgument: it names none.
    """
    scope = call.arguments[own.COLLECTION]
    if scope is None:
        raise BadArgument("'collection' is missing.")
    return scope


def archive_answer(call: Call, page: ArchivePage) -> Answer:
    """The response with a page."""
    scope, embeddings = archive_scope(call), call.arguments[own.EMBEDDINGS]
    data = b"".join(encoded_lines(scope, page.entries, embeddings=embeddings))
    headers = {} if page.continuation is None else {CONTINUATION: page.continuation}
    return Answer(Content(NDJSON, data), headers=headers)


def encoded_lines(
    scope: SearchScope, entries: Sequence[Entry], *, embeddings: bool
) -> Iterator[bytes]:
    """Entries as JSON lines, each with its line feed."""
    for entry in entries:
        yield msgspec.json.encode(_line(scope, entry, embeddings=embeddings)) + b"\n"


def archive_entries(call: Call) -> list[Entry]:
    """The lines of the body.

    Raises:
        BadArgument: the body is too long, or a line is malformed.
        UnsupportedMediaType: the body is a form.
    """
    check_lines_type(call.request)
    body = call.request.body.removeprefix(BYTE_ORDER_MARK)
    if len(body) > MAXIMUM_BODY_BYTES:
        raise BadArgument(TOO_LONG)
    if body.count(b"\n") > MOST_LINES:
        raise BadArgument(f"Send at most {MOST_LINES} lines at once.")
    return decoded_entries(body, call.capabilities.recognition_models)


def decoded_entries(
    body: bytes, recognition_models: Sequence[str], *, first: int = 1
) -> list[Entry]:
    """Decode JSON lines; empty lines are skipped.

    Args:
        recognition_models: those that this deployment has.
        first: number of the first line.

    Raises:
        BadArgument: a line is malformed.
    """
    entries: list[Entry] = []
    for number, text in enumerate(body.split(b"\n"), first):
        if text.strip():
            with _at(number):
                line = _decoded(text)
                if isinstance(line, CollectionLine):
                    _check_collection(line, recognition_models)
                entries.append(_entry(line, number))
    if not entries:
        raise BadArgument("Request body is invalid. It has no lines.")
    return entries


def import_answer(outcome: ImportOutcome) -> ImportAnswer:
    """The wire form of an outcome."""
    return ImportAnswer(
        _counts(outcome.created),
        _counts(outcome.existing),
        _left_out(outcome.skipped),
        _left_out(outcome.deleted),
    )


def _counts(counts: Counter[str]) -> CountsAnswer:
    return CountsAnswer(
        counts["collections"], counts["persons"], counts["faces"], counts["members"]
    )


def _left_out(counts: Counter[str]) -> LeftOutAnswer:
    return LeftOutAnswer(counts["persons"], counts["faces"])


@contextmanager
def _at(number: int) -> Iterator[None]:
    try:
        yield
    except BadArgument as error:
        raise BadArgument(f"Line {number}: {error.message}") from None


def _decoded(text: bytes) -> ArchiveLine:
    try:
        # msgspec does not check the names of members that it ignores.
        text.decode("utf-8")
        line: ArchiveLine = _DECODER.decode(text)
        return line
    except msgspec.ValidationError as error:
        raise invalid_body(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadArgument("JSON parsing error.") from None


def _check_collection(line: CollectionLine, recognition_models: Sequence[str]) -> None:
    if line.format != FORMAT:
        raise BadArgument(f"'format' must be {FORMAT}.")
    if not 1 <= line.format_version <= FORMAT_VERSION:
        raise BadArgument(
            f"'formatVersion' is {shown(line.format_version)}; this version of the service reads"
            f" {FORMAT_VERSION}."
        )
    if line.recognition_model not in (None, *recognition_models):
        *others, last = recognition_models
        raise BadArgument(
            f"'recognitionModel' is invalid. Use {', '.join(others)} or {last}; FACE_MODEL_NAME"
            " adds a model of your own."
        )


def _entry(line: ArchiveLine, number: int) -> Entry:
    from shared.services.archive import entries as e

    match line:
        case CollectionLine():
            name = None if line.name is None else checked_name(line.name)
            data = checked_user_data(line.user_data)
            gate = NO_RULES if line.gate is None else checked_gate(line.gate)
            return e.CollectionEntry(name, data, line.recognition_model, gate, number)
        case PersonLine():
            data = checked_user_data(line.user_data)
            return e.PersonEntry(_person_id(line.person_id), checked_name(line.name), data, number)
        case MemberLine():
            return e.MemberEntry(_person_id(line.person_id), number)
        case FaceLine():
            return e.FaceEntry(
                None if line.person_id is None else _person_id(line.person_id),
                checked_uuid(line.persisted_face_id, "'persistedFaceId' is not a UUID."),
                checked_user_data(line.user_data, MAXIMUM_FACE_USER_DATA_LENGTH),
                line.recognition_model,
                _embedding(line),
                number,
            )


def _person_id(text: str) -> str:
    return checked_uuid(text, "'personId' is not a UUID.")


def _embedding(line: FaceLine) -> Embedding | None:
    if line.embedding is None:
        return None
    if line.embedding_model is None:
        raise BadArgument("'embeddingModel' is missing.")
    import numpy as np

    from shared.domain.values import Embedding

    try:
        data = base64.b64decode(line.embedding, validate=True)
        vector = np.frombuffer(data, "<f4")
        return Embedding(vector, line.embedding_model, line.embedding_length)
    except (binascii.Error, ValueError):
        raise BadArgument("'embedding' is not base64 of float32 numbers.") from None


def _line(scope: SearchScope, entry: Entry, *, embeddings: bool) -> ArchiveLine:
    from shared.services.archive import entries as e

    match entry:
        case e.CollectionEntry():
            return CollectionLine(
                format=FORMAT,
                format_version=FORMAT_VERSION,
                collection=scope_name(scope),
                name=entry.name,
                user_data=entry.user_data,
                recognition_model=entry.recognition_model,
                gate=GateBody.of(entry.gate),
            )
        case e.PersonEntry():
            return PersonLine(person_id=entry.person_id, name=entry.name, user_data=entry.user_data)
        case e.MemberEntry():
            return MemberLine(person_id=entry.person_id)
        case e.FaceEntry():
            stored = entry.embedding if embeddings else None
            return FaceLine(
                person_id=entry.person_id,
                persisted_face_id=entry.face_id,
                user_data=entry.user_data,
                recognition_model=entry.recognition_model,
                embedding_model=None if stored is None else stored.model,
                embedding=None
                if stored is None
                else base64.b64encode(stored.vector.astype("<f4").tobytes()).decode(),
                embedding_length=None if stored is None else stored.length,
            )
