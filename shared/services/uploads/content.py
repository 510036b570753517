"""Decodes the content of an upload whose blob declares a Content-Encoding."""

from __future__ import annotations

import zlib

from shared.domain.errors import InvalidImage, InvalidImageSize
from shared.domain.limits import MAXIMUM_IMAGE_BYTES, MINIMUM_IMAGE_BYTES
from shared.storage.account.blobs import BlobProperties

_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
"""Makes zlib detect which of the two formats the data has (its manual, inflateInit2)."""

_COMPRESSED = frozenset({"gzip", "x-gzip", "deflate"})
_PLAIN = frozenset({"", "identity"})


def decoded_content(stored: bytes, encoding: str) -> bytes:
    """The bytes of the image: the stored bytes without their declared encoding.

    At most the size of the largest accepted image is decoded.

    Args:
        stored: the blob's content.
        encoding: its Content-Encoding; gzip, deflate, identity or none.

    Raises:
        InvalidImage: the encoding is not supported, or the content does not have it.
        InvalidImageSize: the decoded image is too big.
    """
    name = encoding.strip().lower()
    if name in _PLAIN:
        return stored
    if name not in _COMPRESSED:
        raise InvalidImage("The blob's Content-Encoding is not supported. Use gzip or none.")
    inflate = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        content = inflate.decompress(stored, MAXIMUM_IMAGE_BYTES + 1)
    except zlib.error:
        raise _false_encoding() from None
    if len(content) > MAXIMUM_IMAGE_BYTES:
        raise InvalidImageSize("Image size is too big.")
    if not inflate.eof:
        raise _false_encoding()
    return content


def check_size(upload: BlobProperties) -> None:
    """Check the size of an upload.

    Raises:
        InvalidImageSize: it is too small or too big.
    """
    if upload.size < MINIMUM_IMAGE_BYTES:
        raise InvalidImageSize("Image size is too small.")
    if upload.size > MAXIMUM_IMAGE_BYTES:
        raise InvalidImageSize("Image size is too big.")


def _false_encoding() -> InvalidImage:
    return InvalidImage("The blob's content is not encoded as its Content-Encoding declares.")
