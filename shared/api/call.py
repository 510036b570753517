"""A request to one operation, and how a handler reads it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote

import msgspec

from shared.api.bodies.detection import ImageUrlBody
from shared.api.bodies.wire import Wire
from shared.api.http import Request
from shared.api.operations import Operation
from shared.api.parameters import Parameter
from shared.api.versions import ApiVersion
from shared.domain.collections import CollectionKey, CollectionKind
from shared.domain.errors import (
    BadArgument,
    CollectionNotFound,
    InvalidImageSize,
    PersistedFaceNotFound,
    PersonNotFound,
)
from shared.domain.identifiers import canonical_uuid, is_collection_id
from shared.domain.limits import MAXIMUM_IMAGE_BYTES, MINIMUM_IMAGE_BYTES
from shared.domain.requests import ImageSource, ImageUrl

_T = TypeVar("_T")
_Body = TypeVar("_Body", bound=Wire)

# msgspec says "… - at `$.name`" or "Object missing required field `name`"; only the name is told.
_MEMBER = re.compile(r"at `\$\.?([\w.\[\]]+)`|field `(\w+)`")


@dataclass(frozen=True, slots=True)
class Call:
    """What a handler gets: typed access to everything in the request."""

    operation: Operation
    version: ApiVersion
    request: Request

    @property
    def kind(self) -> CollectionKind:
        """The kind of collection that the operation is about."""
        if self.operation.kind is None:
            raise LookupError(f"{self.operation.name} is about no collection.")
        return self.operation.kind

    @property
    def base_url(self) -> str:
        """Scheme, host and version as the caller sees them, as in ``https://host/face/v1.2``."""
        scheme, _, rest = self.request.url.partition("://")
        headers = self.request.headers
        scheme = headers.get("x-forwarded-proto", scheme).split(",")[0].strip()
        host = headers.get("x-forwarded-host", headers.get("host", rest.split("/")[0]))
        host = quote(host.split(",")[0].strip(), safe=":[]")  # headers of an answer must be ASCII
        return f"{quote(scheme)}://{host}/face/{self.version.name}"

    def query(self, parameter: Parameter[_T]) -> _T:
        """The value of a query parameter.

        Raises:
            BadArgument: it is malformed or out of range.
        """
        for name, text in self.request.query.items():
            if name.lower() == parameter.name.lower() and text != "":
                return parameter.parse(text)
        return parameter.default

    @property
    def has_json(self) -> bool:
        """Whether the body calls itself JSON."""
        kind = self.request.headers.get("content-type", "")
        return kind.lower().startswith("application/json")

    def body(self, schema: type[_Body]) -> _Body:
        """The JSON body.

        Raises:
            BadArgument: it is no JSON, or not of that shape.
        """
        return decode_body(self.request.body, schema)

    def image(self) -> ImageSource:
        """The photograph: the body's bytes, or the URL that a JSON body names.

        Raises:
            BadArgument: the JSON body has no url.
            InvalidImageSize: the bytes are fewer than 1 KB or more than 6 MB.
        """
        if self.has_json:
            return ImageUrl(self.body(ImageUrlBody).url)
        return checked_image(self.request.body)

    @property
    def collection(self) -> CollectionKey:
        """The collection that the path names.

        Raises:
            BadArgument, CollectionNotFound: its id is malformed; on creation, and otherwise.
        """
        kind = self.kind
        collection_id = self.request.route[kind.id_name]
        if not is_collection_id(collection_id):
            message = f"{kind.title} ID is invalid."
            if self.operation.method == "PUT":
                raise BadArgument(message)
            raise CollectionNotFound(kind, message)
        return CollectionKey(kind, collection_id)

    @property
    def person_id(self) -> str:
        """The personId in the path.

        Raises:
            PersonNotFound: it is no UUID.
        """
        person_id = canonical_uuid(self.request.route["personId"])
        if person_id is None:
            raise PersonNotFound("Person ID is invalid.")
        return person_id

    @property
    def persisted_face_id(self) -> str:
        """The persistedFaceId in the path.

        Raises:
            PersistedFaceNotFound: it is no UUID.
        """
        face_id = canonical_uuid(self.request.route["persistedFaceId"])
        if face_id is None:
            raise PersistedFaceNotFound("Persisted face ID is invalid.")
        return face_id


def decode_body(content: bytes, schema: type[_Body]) -> _Body:
    """Decode a JSON body.

    Raises:
        BadArgument: it is no JSON, or not of that shape.
    """
    try:
        return msgspec.json.decode(content, type=schema)
    except msgspec.ValidationError as error:
        raise _misshapen(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadArgument("JSON parsing error.") from None


def convert_fields(fields: Mapping[str, str], schema: type[_Body]) -> _Body:
    """Read the text fields of a form as the types that a body has.

    Raises:
        BadArgument: a field is missing, or its text is no such value.
    """
    try:
        return msgspec.convert(dict(fields), schema, strict=False)
    except msgspec.ValidationError as error:
        raise _misshapen(error) from None


def _misshapen(error: msgspec.ValidationError) -> BadArgument:
    found = _MEMBER.search(str(error))
    member = (found.group(1) or found.group(2)) if found else None
    return BadArgument("Request body is invalid." + (f" (Parameter '{member}')" if member else ""))


def checked_image(content: bytes) -> bytes:
    """The bytes of a photograph.

    Raises:
        InvalidImageSize: they are fewer than 1 KB or more than 6 MB.
    """
    if len(content) < MINIMUM_IMAGE_BYTES:
        raise InvalidImageSize("Image size is too small.")
    if len(content) > MAXIMUM_IMAGE_BYTES:
        raise InvalidImageSize("Image size is too big.")
    return content


def checked_uuid(text: str, message: str) -> str:
    """The canonical form of a UUID in a body.

    Raises:
        BadArgument: it is none.
    """
    canonical = canonical_uuid(text)
    if canonical is None:
        raise BadArgument(message)
    return canonical


def checked_collection(kind: CollectionKind, collection_id: str) -> CollectionKey:
    """A collection that a body names.

    Raises:
        BadArgument: the id is malformed.
    """
    if not is_collection_id(collection_id):
        raise BadArgument(f"{kind.title} ID is invalid.")
    return CollectionKey(kind, collection_id)
