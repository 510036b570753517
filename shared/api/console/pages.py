"""Serves the files of the console.

The page itself has no data and needs no key: it asks for one, and every operation that it calls
checks it.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.api.errors import error_response
from shared.api.http import Request, Response
from shared.domain.errors import LineamentError, RouteNotFound

CONSOLE_DIRECTORY = Path(__file__).resolve().parents[3] / "console"
"""The static files; in the deployment package too."""

PREFIX = "console"
"""The first segment of their addresses."""

_START = "index.html"
_MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " img-src 'self' blob:; media-src 'self' blob:; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)
"""Only files and operations of this service, and images that the browser itself holds."""

_ALWAYS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Permissions-Policy": "camera=(self)",
    "Referrer-Policy": "no-referrer",
    "x-content-type-options": "nosniff",
    # A new version of the service must not run with modules of the old one.
    "Cache-Control": "no-cache",
}


@dataclass(frozen=True, slots=True)
class _File:
    """A served file.

    Attributes:
        tag: its ETag.
    """

    content: bytes
    media_type: str
    tag: str


class Console:
    """Serves the console, or answers 404 where it is turned off.

    Args:
        is_on: the setting; called for every request.
        folder: where the files are; they are read once.
    """

    def __init__(self, is_on: Callable[[], bool], folder: Path = CONSOLE_DIRECTORY) -> None:
        self._is_on = is_on
        self._folder = folder
        self._lock = threading.Lock()
        self._files: Mapping[str, _File] | None = None

    def respond(self, request: Request) -> Response:
        """The file that the route's ``rest`` names; the page where it names none."""
        try:
            if not self._is_on():
                raise RouteNotFound("Resource not found. The console is turned off.")
            found = self._read().get(request.route.get("rest", "") or _START)
            if found is None:
                raise RouteNotFound("Resource not found.")
        except LineamentError as error:
            return error_response(error, None)
        headers = {**_ALWAYS, "ETag": found.tag}
        if _has_tag(request.headers.get("if-none-match", ""), found.tag):
            return Response(304, headers, b"")
        return Response(200, {**headers, "Content-Type": found.media_type}, found.content)

    def _read(self) -> Mapping[str, _File]:
        """All files by their path below the folder; a request can name no other."""
        with self._lock:
            if self._files is None:
                self._files = {
                    path.relative_to(self._folder).as_posix(): _load(path)
                    for path in self._folder.rglob("*")
                    if path.suffix in _MEDIA_TYPES and path.is_file()
                }
            return self._files


def _load(path: Path) -> _File:
    content = path.read_bytes()
    return _File(
        content, _MEDIA_TYPES[path.suffix], f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    )


def _has_tag(condition: str, tag: str) -> bool:
    """Whether If-None-Match names a tag; a proxy that compresses makes it a weak one."""
    named = {one.strip().removeprefix("W/") for one in condition.split(",")}
    return tag in named or "*" in named
