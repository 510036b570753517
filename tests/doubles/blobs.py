"""A blob store in a folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from shared.domain.clock import Clock
from shared.storage.account.blobs import BlobPage, BlobProperties


class FolderBlobs:
    """A BlobStore in a folder; the time of a write is the clock's.

    Attributes:
        modified: the time of each blob's last write, by ``container/name``.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self.modified: dict[str, datetime] = {}

    def properties(self, container: str, name: str) -> BlobProperties | None:
        path = self._path(container, name)
        if not path.exists():
            return None
        modified = self.modified[f"{container}/{name}"]
        return BlobProperties(container, name, "1", path.stat().st_size, modified)

    def read(self, container: str, name: str, *, etag: str | None = None) -> bytes | None:
        path = self._path(container, name)
        return path.read_bytes() if path.exists() else None

    def download(self, container: str, name: str, target: Path) -> bool:
        if not self._path(container, name).exists():
            return False
        shutil.copyfile(self._path(container, name), target)
        return True

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
        path = self._path(container, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.read_bytes())
        self.modified[f"{container}/{name}"] = self._clock.now()
        return "1"

    def delete(self, container: str, name: str) -> bool:
        path = self._path(container, name)
        found = path.exists()
        path.unlink(missing_ok=True)
        return found

    def listing(
        self, container: str, *, prefix: str = "", with_metadata: bool = False
    ) -> Iterator[BlobProperties]:
        folder = self._folder / container
        for path in sorted(folder.rglob("*")) if folder.exists() else []:
            name = path.relative_to(folder).as_posix()
            found = self.properties(container, name) if path.is_file() else None
            if found is not None and name.startswith(prefix):
                yield found

    def page(self, container: str, *, top: int, continuation: str | None = None) -> BlobPage:
        after = continuation or ""
        rest = [blob for blob in self.listing(container) if blob.name > after]
        return BlobPage(rest[:top], rest[top - 1].name if len(rest) > top else None)

    def _path(self, container: str, name: str) -> Path:
        return self._folder / container / name
