"""A blob store in a folder."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from shared.domain.clock import Clock
from shared.domain.errors import BlobChanged
from shared.storage.account.blobs import ABSENT, BlobPage, BlobProperties, OpenedBlob


class FolderBlobs:
    """A BlobStore in a folder; the time of a write is the clock's.

    Attributes:
        modified: the time of each blob's last write, by ``container/name``.
        metadata: likewise, the metadata that it was written with.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self.modified: dict[str, datetime] = {}
        self.metadata: dict[str, Mapping[str, str]] = {}
        self._writes: Counter[str] = Counter()

    def properties(self, container: str, name: str) -> BlobProperties | None:
        path = self._path(container, name)
        if not path.exists():
            return None
        key, etag = f"{container}/{name}", self._etag(container, name)
        metadata = self.metadata.get(key, {})
        size = path.stat().st_size
        return BlobProperties(container, name, etag, size, self.modified[key], metadata)

    def open(self, container: str, name: str, *, most: int) -> OpenedBlob | None:
        found = self.properties(container, name)
        content = self.read(container, name)
        return None if found is None or content is None else OpenedBlob(found, content[:most])

    def read(self, container: str, name: str, *, etag: str | None = None) -> bytes | None:
        path = self._path(container, name)
        same = etag in (None, self._etag(container, name))
        return path.read_bytes() if path.exists() and same else None

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
        if expected is not None:
            current = self._etag(container, name) if path.exists() else ABSENT
            if expected != current:
                raise BlobChanged
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.read_bytes())
        self.modified[f"{container}/{name}"] = self._clock.now()
        self.metadata[f"{container}/{name}"] = dict(metadata or {})
        self._writes[f"{container}/{name}"] += 1
        return self._etag(container, name)

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

    def page(
        self, container: str, *, top: int, prefix: str = "", continuation: str | None = None
    ) -> BlobPage:
        after = continuation or ""
        rest = [blob for blob in self.listing(container, prefix=prefix) if blob.name > after]
        following = rest[top - 1].name if len(rest) > top else None
        return BlobPage(rest[:top], following, self._clock.now())

    def _etag(self, container: str, name: str) -> str:
        return str(self._writes[f"{container}/{name}"])

    def _path(self, container: str, name: str) -> Path:
        return self._folder / container / name
