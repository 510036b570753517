"""A request to one operation, with typed access to its content."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote

import msgspec

from shared.api.bodies.detection import ImageUrlBody
from shared.api.bodies.member_names import renamed_members, with_exact_names
from shared.api.bodies.wire import Wire
from shared.api.http import Request
from shared.api.media_types import (
    BYTE_ORDER_MARK,
    JSON,
    MediaType,
    check_charset,
    check_image_type,
)
from shared.api.operations import Answer, Operation
from shared.api.parameters import NO_ARGUMENTS, STANDARD, Arguments, Capabilities
from shared.api.versions import ApiVersion
from shared.domain.collections import CollectionKey, CollectionKind
from shared.domain.errors import (
    BadArgument,
    CollectionNotFound,
    InvalidImageSize,
    PersistedFaceNotFound,
    PersonNotFound,
    UnsupportedMediaType,
)
from shared.domain.identifiers import canonical_uuid, is_collection_id
from shared.domain.limits import MAXIMUM_IMAGE_BYTES, MINIMUM_IMAGE_BYTES
from shared.domain.requests import ImageSource, ImageUrl

_Body = TypeVar("_Body", bound=Wire)

# msgspec says "… - at `$.name`" or "Object missing required field `name`"; only the name is
# reported.
_MEMBER = re.compile(r"at `\$\.?([\w.\[\]]+)`|field `(\w+)`")


@dataclass(frozen=True, slots=True)
class Call:
    """The request as handlers receive it."""

    operation: Operation
    version: ApiVersion
    request: Request
    arguments: Arguments = NO_ARGUMENTS
    capabilities: Capabilities = STANDARD

    @property
    def kind(self) -> CollectionKind:
        """The kind of collection that the operation is for."""
        if self.operation.kind is None:
            raise LookupError(f"{self.operation.name} has no kind of collection.")
        return self.operation.kind

    @property
    def base_url(self) -> str:
        """Scheme, host and version as the caller sees them, as in ``https://host/face/v1.2``."""
        scheme, _, rest = self.request.url.partition("://")
        headers = self.request.headers
        scheme = headers.get("x-forwarded-proto", scheme).split(",")[0].strip()
        host = headers.get("x-forwarded-host", headers.get("host", rest.split("/")[0]))
        host = quote(host.split(",")[0].strip(), safe=":[]")  # headers of an answer must be ASCII
        return f"{quote(scheme)}://{host}/{self.operation.api.name}/{self.version.name}"

    @property
    def has_json(self) -> bool:
        """Whether the Content-Type is JSON."""
        return MediaType.of(self.request).name == JSON

    @property
    def json_content(self) -> bytes:
        """The body of an operation that takes JSON, whatever its Content-Type.

        Raises:
            UnsupportedMediaType: another charset than UTF-8 is declared.
        """
        check_charset(self.request)
        return self.request.body

    def body(self, schema: type[_Body]) -> _Body:
        """Decode the JSON body.

        Raises:
            BadArgument: it is not JSON, or does not match the schema.
            UnsupportedMediaType: another charset than UTF-8 is declared.
        """
        return decode_body(self.json_content, schema)

    def image(self) -> ImageSource:
        """The image: the body's bytes, or the URL in a JSON body.

        Raises:
            BadArgument: the JSON body has no url.
            InvalidImageSize: the bytes are fewer than 1 KB or more than 6 MB.
            UnsupportedMediaType: the body is a form, or JSON under another Content-Type.
        """
        if self.has_json:
            return ImageUrl(self.body(ImageUrlBody).url)
        check_image_type(self.request)
        return checked_image(self.request.body)

    def image_bytes(self) -> bytes:
        """The image of an operation that takes no URL.

        Raises:
            InvalidImageSize: the bytes are fewer than 1 KB or more than 6 MB.
            UnsupportedMediaType: the body is JSON or a form.
        """
        if self.has_json:
            raise UnsupportedMediaType("This operation takes no JSON. Send the bytes of an image.")
        check_image_type(self.request)
        return checked_image(self.request.body)

    @property
    def collection(self) -> CollectionKey:
        """The collection in the path.

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
            PersonNotFound: it is not a UUID.
        """
        person_id = canonical_uuid(self.request.route["personId"])
        if person_id is None:
            raise PersonNotFound("Person ID is invalid.")
        return person_id

    @property
    def persisted_face_id(self) -> str:
        """The persistedFaceId in the path.

        Raises:
            PersistedFaceNotFound: it is not a UUID.
        """
        face_id = canonical_uuid(self.request.route["persistedFaceId"])
        if face_id is None:
            raise PersistedFaceNotFound("Persisted face ID is invalid.")
        return face_id


Handler = Callable[[Call], Answer]
"""Executes an operation."""


def decode_body(content: bytes, schema: type[_Body]) -> _Body:
    """Decode a JSON body, whose members may have names in any case.

    Raises:
        BadArgument: it is not JSON, or does not match the schema.
    """
    text = content.removeprefix(BYTE_ORDER_MARK)
    try:
        # msgspec does not check the names of members that it ignores.
        text.decode("utf-8")
        return msgspec.json.decode(with_exact_names(text, schema), type=schema)
    except msgspec.ValidationError as error:
        raise invalid_body(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadArgument("JSON parsing error.") from None


def convert_fields(fields: Mapping[str, str], schema: type[_Body]) -> _Body:
    """Convert the text fields of a form to the types of a body.

    Raises:
        BadArgument: a field is missing, or cannot be converted.
    """
    try:
        return msgspec.convert(renamed_members(fields, schema), schema, strict=False)
    except msgspec.ValidationError as error:
        raise invalid_body(error) from None


def invalid_body(error: msgspec.ValidationError) -> BadArgument:
    """The error of a body that does not match its schema; it names the member, not the value."""
    found = _MEMBER.search(str(error))
    member = (found.group(1) or found.group(2)) if found else None
    return BadArgument("Request body is invalid." + (f" (Parameter '{member}')" if member else ""))


def checked_image(content: bytes) -> bytes:
    """Check the size of an image.

    Raises:
        InvalidImageSize: the bytes are fewer than 1 KB or more than 6 MB.
    """
    if len(content) < MINIMUM_IMAGE_BYTES:
        raise InvalidImageSize("Image size is too small.")
    if len(content) > MAXIMUM_IMAGE_BYTES:
        raise InvalidImageSize("Image size is too big.")
    return content


def checked_uuid(text: str, message: str) -> str:
    """The canonical form of a UUID in a body.

    Raises:
        BadArgument: it is not a UUID.
    """
    canonical = canonical_uuid(text)
    if canonical is None:
        raise BadArgument(message)
    return canonical


def checked_collection(kind: CollectionKind, collection_id: str) -> CollectionKey:
    """The key of a collection that a body names.

    Raises:
        BadArgument: the id is malformed.
    """
    if not is_collection_id(collection_id):
        raise BadArgument(f"{kind.title} ID is invalid.")
    return CollectionKey(kind, collection_id)
