"""Checks the type of a body by its Content-Type and its first bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass

import msgspec

from shared.api.http import Request
from shared.api.operations import Operation
from shared.domain.errors import BadArgument, InvalidImageSize, UnsupportedMediaType
from shared.domain.limits import MAXIMUM_BODY_BYTES

JSON = "application/json"
OCTET_STREAM = "application/octet-stream"
MULTIPART = "multipart/form-data"
NDJSON = "application/x-ndjson"
"""JSON lines: one document per line, in UTF-8."""
_COMPRESSIONS = frozenset({"gzip", "x-gzip", "compress", "x-compress", "deflate", "br", "zstd"})
"""Content codings that would have to be undone: RFC 9110 §8.4.1, RFC 7932, RFC 8878."""
_CHARSETS = frozenset({"", "utf-8", "utf8", "us-ascii"})
_CHARSET = re.compile(r';\s*charset\s*=\s*"?([^";\s]*)', re.IGNORECASE)

MAXIMUM_JSON_BYTES = 4 * 1024 * 1024
"""Maximum length of a JSON body; the longest valid one has a tenth of that."""
_LENGTH_DIGITS = 18

BYTE_ORDER_MARK = b"\xef\xbb\xbf"

TOO_LONG = "Request body is invalid. It is too long."

WHAT_TO_SEND = f"Send the bytes of an image as {OCTET_STREAM}, or an object with its url as {JSON}."


@dataclass(frozen=True, slots=True)
class MediaType:
    """The Content-Type of a request, in lower case.

    Attributes:
        name: without parameters; empty where there is no Content-Type.
        charset: empty where none is declared.
    """

    name: str
    charset: str

    @classmethod
    def of(cls, request: Request) -> MediaType:
        """The Content-Type of a request."""
        text = request.headers.get("content-type", "")
        charset = _CHARSET.search(text)
        name = text.partition(";")[0].strip().lower()
        return cls(name, charset[1].lower() if charset else "")


def check_compression(request: Request) -> None:
    """Check that a body is not compressed, according to its headers.

    Raises:
        UnsupportedMediaType: it is.
    """
    given = request.headers.get("content-encoding", "").lower().split(",")
    if not _COMPRESSIONS.isdisjoint(one.strip() for one in given):
        raise UnsupportedMediaType(
            "This service reads no compressed body. Send it without a Content-Encoding."
        )


def check_charset(request: Request) -> None:
    """Check that a JSON body is in UTF-8 (RFC 8259 §8.1), according to its headers.

    Raises:
        UnsupportedMediaType: another charset is declared.
    """
    charset = MediaType.of(request).charset
    if charset not in _CHARSETS:
        raise UnsupportedMediaType(
            f"The charset of {JSON} must be utf-8; this request declares another."
        )


def check_image_type(request: Request) -> None:
    """Check that a body whose Content-Type is not JSON may be an image.

    Images are accepted with any Content-Type and with none, because clients send them that way.

    Raises:
        UnsupportedMediaType: it is a form, or JSON with a url under another type.
    """
    kind = MediaType.of(request).name
    if kind == MULTIPART:
        raise UnsupportedMediaType(f"This operation takes no {MULTIPART}. {WHAT_TO_SEND}")
    if _has_url(request.body):
        named = "no Content-Type" if not kind else "another Content-Type"
        raise UnsupportedMediaType(f"This JSON came with {named}. {WHAT_TO_SEND}")


def check_head(operation: Operation, request: Request) -> None:
    """Check what the headers declare about the body, before it is read.

    Raises:
        UnsupportedMediaType: the operation takes no such body.
        InvalidImageSize, BadArgument: the body is longer than any valid one.
    """
    kind = MediaType.of(request).name
    if operation.reads_body:
        check_compression(request)
    if kind == JSON:
        check_charset(request)
    elif (operation.takes_image or operation.takes_bytes) and kind == MULTIPART:
        check_image_type(request)
    elif operation.lines is not None:
        check_lines_type(request)
    length = request.headers.get("content-length", "0")
    bytes_declared = int(length) if length.isdecimal() and len(length) <= _LENGTH_DIGITS else 0
    takes_file = operation.takes_image or operation.takes_bytes or operation.form is not None
    if kind != JSON and takes_file:
        if bytes_declared > MAXIMUM_BODY_BYTES:
            raise InvalidImageSize("Image size is too big.")
    elif bytes_declared > _longest_body(operation):
        raise BadArgument(TOO_LONG)


def check_lines_type(request: Request) -> None:
    """Check that a body may be JSON lines: every Content-Type but a form's is accepted.

    Raises:
        UnsupportedMediaType: it is a form.
    """
    if MediaType.of(request).name == MULTIPART:
        raise UnsupportedMediaType(f"This operation takes JSON lines. Send them as {NDJSON}.")


def _longest_body(operation: Operation) -> int:
    """Maximum bytes of a body that is not a file."""
    is_long = operation.holds_images or operation.lines is not None
    return MAXIMUM_BODY_BYTES if is_long else MAXIMUM_JSON_BYTES


class _Url(msgspec.Struct):
    url: msgspec.Raw


def _has_url(body: bytes) -> bool:
    """Whether a body is a JSON object with a member `url`; no image format begins with a brace."""
    text = body.removeprefix(BYTE_ORDER_MARK)
    if not text[:64].lstrip().startswith(b"{"):
        return False
    try:
        msgspec.json.decode(text, type=_Url)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return False
    return True
