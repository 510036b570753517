"""The blob store protocol, implemented by `azure_blobs.py` for Azure Storage and Azurite."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

ABSENT = ""
"""The expected ETag of a blob that must not exist."""


@dataclass(frozen=True, slots=True)
class BlobProperties:
    """Properties of a blob.

    Attributes:
        etag: unquoted.
        size: bytes.
        metadata: names in lower case.
        encoding: Content-Encoding as declared by the uploader; it may be false.
        appendable: whether it is an append blob, whose growth raises no event.
    """

    container: str
    name: str
    etag: str
    size: int
    modified: datetime
    metadata: Mapping[str, str] = field(default_factory=dict)
    encoding: str = ""
    appendable: bool = False


@dataclass(frozen=True, slots=True)
class OpenedBlob:
    """A blob and the beginning of its content: the stored bytes, whatever their declared encoding.

    Attributes:
        content: all of it unless it is longer than requested.
    """

    properties: BlobProperties
    content: bytes


@dataclass(frozen=True, slots=True)
class BlobPage:
    """Some blobs of a container, in order of name.

    Attributes:
        continuation: start of the next page; None after the last one.
        answered: time of the response by the account's clock, in whole seconds.
    """

    blobs: Sequence[BlobProperties]
    continuation: str | None
    answered: datetime


class BlobStore(Protocol):
    """Named bytes in containers.

    Faults of the storage account raise Unavailable; a request that it rejects, LineamentError.
    """

    def properties(self, container: str, name: str) -> BlobProperties | None:
        """The blob's properties, or None if it does not exist."""
        ...

    def open(self, container: str, name: str, *, most: int) -> OpenedBlob | None:
        """The blob's properties and the beginning of its content, consistent, in one request.

        Args:
            most: maximum number of bytes to read, from 1 to 32 MiB.

        Returns:
            None if there is no such blob.
        """
        ...

    def read(self, container: str, name: str, *, etag: str | None = None) -> bytes | None:
        """The content; None if the blob does not exist or no longer has that ETag.

        The stored bytes, whatever Content-Encoding the uploader declared.
        """
        ...

    def download(self, container: str, name: str, target: Path) -> bool:
        """Write the content to a file, in chunks; False, and no file, if there is no blob."""
        ...

    def write(
        self,
        container: str,
        name: str,
        content: bytes | Path,
        *,
        metadata: Mapping[str, str] | None = None,
        content_type: str = "application/octet-stream",
        expected: str | None = None,
    ) -> str:
        """Create or overwrite a blob from bytes or from a file; returns its new ETag, unquoted.

        Args:
            expected: the ETag that the blob must have; ``ABSENT``: it must not exist; None: no
                precondition.

        Raises:
            BlobChanged: the precondition failed; nothing was written.
        """
        ...

    def delete(self, container: str, name: str) -> bool:
        """Delete a blob; False if it did not exist."""
        ...

    def listing(
        self, container: str, *, prefix: str = "", with_metadata: bool = False
    ) -> Iterator[BlobProperties]:
        """Blobs whose names begin with prefix, in order of name."""
        ...

    def page(
        self, container: str, *, top: int, prefix: str = "", continuation: str | None = None
    ) -> BlobPage:
        """Up to ``top`` blobs, 1 to 5,000, without metadata, in order of name.

        Args:
            prefix: of the names; the same for every page.
            continuation: of the previous page; None: from the beginning.

        Raises:
            BadArgument: the continuation is not valid for this container.
        """
        ...
