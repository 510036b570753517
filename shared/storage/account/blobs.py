"""Blob storage: the narrow seam. Azure Storage and Azurite are served by `azure_blobs.py` alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

ABSENT = ""
"""Stands for the ETag of a blob that does not exist."""


@dataclass(frozen=True, slots=True)
class BlobProperties:
    """What is known of a blob without reading it.

    Attributes:
        etag: unquoted.
        size: bytes.
        metadata: names in lower case.
    """

    container: str
    name: str
    etag: str
    size: int
    modified: datetime
    metadata: Mapping[str, str] = field(default_factory=dict)


class BlobStore(Protocol):
    """Named bytes in containers. Faults of the service raise Unavailable or the SDK's own error."""

    def properties(self, container: str, name: str) -> BlobProperties | None:
        """The blob's properties, or None where there is none."""
        ...

    def read(self, container: str, name: str, *, etag: str | None = None) -> bytes | None:
        """The whole content; None where there is no blob, or none with that ETag any more."""
        ...

    def download(self, container: str, name: str, target: Path) -> bool:
        """Write the content to a file, in chunks; False (and no file) where there is no blob."""
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
        """Create or overwrite a blob from bytes or from a file; answers its new ETag, unquoted.

        Args:
            expected: the ETag that the blob must still have; ``ABSENT``: there must be none; None:
                whatever is there is overwritten.

        Raises:
            BlobChanged: the blob is not as expected; nothing was written.
        """
        ...

    def delete(self, container: str, name: str) -> bool:
        """Remove a blob; False where there was none."""
        ...

    def listing(
        self, container: str, *, prefix: str = "", with_metadata: bool = False
    ) -> Iterator[BlobProperties]:
        """Blobs whose names begin with prefix, in order of name."""
        ...
