"""Downloads images from callers' URLs without giving access to internal networks.

A caller chooses the URL, so it may point at this machine, at the virtual network or at a cloud's
metadata service (server-side request forgery). Every hop is therefore resolved once, all its
addresses are checked, and the connection goes to a checked address. Bytes and time are limited
during the download, because a server may misstate the length and send slowly.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from threading import Thread
from typing import Protocol
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import certifi
import httpcore

from shared.domain.errors import InvalidImageSize, InvalidImageUrl
from shared.domain.limits import MAXIMUM_IMAGE_BYTES
from shared.network.pinned_network import Deadline, PinnedBackend
from shared.network.public_addresses import is_public

MAXIMUM_REDIRECTS = 3
MAXIMUM_URL_LENGTH = 4_096

_PORTS = {"http": 80, "https": 443}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TARGET_SAFE = "%/:?=&;,+$!*'()@~[]"
_AROUND = " \t\r\n\f"
_USER_AGENT = b"Lineament"


class Resolver(Protocol):
    """Resolves host names."""

    def addresses(self, host: str, port: int) -> Sequence[str]:
        """Every numeric address of the host, the preferred ones first.

        Raises:
            OSError: the host does not exist, or the resolver does not respond.
        """
        ...


class SystemResolver:
    """The operating system's resolver, including the hosts file.

    It also resolves unusual spellings of IPv4 addresses (``2130706433``, ``0x7f.1``,
    ``0177.0.0.1``) as a connection would.
    """

    def addresses(self, host: str, port: int) -> Sequence[str]:
        """See Resolver.addresses."""
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(address[0]) for *_, address in answers))


@dataclass(frozen=True, slots=True)
class _Target:
    """One hop: the address to connect to and the resource to request."""

    scheme: str
    host: str
    port: int
    path: str
    url: str

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


class ImageUrlFetcher:
    """Downloads image URLs. Thread-safe; blocks the calling thread."""

    def __init__(
        self,
        *,
        allow_private: bool,
        resolver: Resolver | None = None,
        maximum_bytes: int = MAXIMUM_IMAGE_BYTES,
        deadline_seconds: float = 10.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Set the limits of downloads.

        Args:
            allow_private: connect to private, loopback and link-local addresses as well.
            resolver: None: the operating system's.
            maximum_bytes: maximum length of the body.
            deadline_seconds: for the whole exchange: name look-ups, redirects and body.
            tls: verifies https servers; None: certifi's authorities.
        """
        self._allow_private = allow_private
        self._resolver = resolver or SystemResolver()
        self._maximum_bytes = maximum_bytes
        self._deadline_seconds = deadline_seconds
        self._tls = tls or ssl.create_default_context(cafile=certifi.where())

    def fetch(self, url: str) -> bytes:
        """The bytes behind the URL, which need not be an image.

        Raises:
            InvalidImageUrl: the URL is malformed or rejected, or its server cannot be reached in
                time or does not respond with success.
            InvalidImageSize: the body is too long.
        """
        deadline = Deadline(self._deadline_seconds)
        target = _parse(url)
        try:
            for _ in range(MAXIMUM_REDIRECTS + 1):
                answer = self._get(target, deadline)
                if isinstance(answer, bytes):
                    return answer
                target = _parse(answer.location, base=target.url)
        except (httpcore.TimeoutException, TimeoutError) as error:
            raise _failed("The target server did not answer in time.") from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            if isinstance(error.__cause__, ssl.SSLCertVerificationError):
                raise _failed("The target server's certificate is not valid.") from error
            raise _failed("The target server could not be reached.") from error
        raise _failed("There are too many redirects.")

    def _get(self, target: _Target, deadline: Deadline) -> bytes | _Redirect:
        """One request. Returns the body, or the target of a redirect."""
        addresses = self._checked_addresses(target, deadline)
        url = httpcore.URL(
            scheme=target.scheme.encode(),
            host=target.host.encode(),
            port=target.port,
            target=target.path.encode(),
        )
        headers = [
            (b"Host", target.host_header.encode()),
            (b"User-Agent", _USER_AGENT),
            (b"Accept", b"image/*, */*;q=0.5"),
            (b"Accept-Encoding", b"identity"),
            (b"Connection", b"close"),
        ]
        connection = httpcore.HTTPConnection(
            httpcore.Origin(url.scheme, url.host, target.port),
            ssl_context=self._tls,
            network_backend=PinnedBackend(addresses, deadline),
        )
        with (
            closing(connection),
            connection.stream("GET", url, headers=headers) as response,
        ):
            location = _location(response)
            if response.status in _REDIRECTS and location:
                return _Redirect(location)
            if not 200 <= response.status < 300:
                raise _failed(f'Remote server error returned: "{_status(response.status)}"')
            return self._body(response)

    def _checked_addresses(self, target: _Target, deadline: Deadline) -> Sequence[str]:
        """All addresses of the host.

        Raises:
            InvalidImageUrl: there are none, or one of them is rejected. The message is the same, so
                that callers cannot map the internal network.
        """
        found: Future[Sequence[str]] = Future()

        def look_up() -> None:
            try:
                found.set_result(self._resolver.addresses(target.host, target.port))
            except (OSError, UnicodeError) as error:
                found.set_exception(error)

        # In its own thread, because a look-up cannot be cancelled.
        Thread(target=look_up, name="image-url-look-up", daemon=True).start()
        try:
            addresses = found.result(timeout=deadline.remaining())
        except TimeoutError:
            raise
        except (OSError, UnicodeError) as error:
            raise _refused() from error
        if not addresses:
            raise _refused()
        if not self._allow_private and not all(map(is_public, addresses)):
            raise _refused()
        return addresses

    def _body(self, response: httpcore.Response) -> bytes:
        if _header(response, b"content-encoding").lower() not in ("", "identity"):
            raise _failed("The target server compressed its answer though asked not to.")
        announced = _header(response, b"content-length").lstrip("0")
        # A number with more digits than the limit is larger; int() rejects more than 4,300 digits.
        if announced.isascii() and announced.isdigit():
            digits = len(str(self._maximum_bytes))
            if len(announced) > digits or int(announced) > self._maximum_bytes:
                raise _too_big()
        body = bytearray()
        for chunk in response.iter_stream():
            body += chunk
            if len(body) > self._maximum_bytes:
                raise _too_big()
        return bytes(body)


@dataclass(frozen=True, slots=True)
class _Redirect:
    location: str


def _parse(url: str, *, base: str = "") -> _Target:
    """Parse a URL strictly: what parsers may interpret differently is rejected.

    Blanks are treated as in browsers (WHATWG URL §4.4): blanks and line ends around the URL are
    dropped, and blanks in path and query are escaped.

    Args:
        base: the URL of the redirect, which a relative URL refers to.

    Raises:
        InvalidImageUrl: it is malformed, too long, has a user name, or is neither http nor https.
    """
    if len(url) > MAXIMUM_URL_LENGTH:
        raise _refused()
    url = url.strip(_AROUND).replace(" ", "%20")
    if "\\" in url or not url.isprintable():
        raise _refused()
    try:
        url = urljoin(base, url)
        parts = urlsplit(url)
        port = parts.port
        host = _host(parts)
    except ValueError as error:  # includes UnicodeError, for impossible names
        raise _refused() from error
    if parts.scheme not in _PORTS or "@" in parts.netloc or not host or port == 0:
        raise _refused()
    path = quote(parts.path or "/", safe=_TARGET_SAFE)
    if parts.query:
        path += "?" + quote(parts.query, safe=_TARGET_SAFE)
    return _Target(parts.scheme, host, port or _PORTS[parts.scheme], path, url)


def _host(parts: SplitResult) -> str:
    """The host in ASCII: a numeric address as it is, a name in its IDNA form."""
    host = parts.hostname or ""
    if "%" in host:
        raise ValueError("An escaped host, or an address with a zone.")
    return host if ":" in host else host.encode("idna").decode("ascii")


def _header(response: httpcore.Response, name: bytes) -> str:
    """A header of the response, or the empty string."""
    for key, value in response.headers:
        if key.lower() == name:
            return value.decode("utf-8", "replace").strip()
    return ""


def _location(response: httpcore.Response) -> str:
    """The target of a redirect, or the empty string; bytes beyond ASCII are escaped."""
    for key, value in response.headers:
        if key.lower() == b"location":
            return "".join(chr(byte) if byte < 0x80 else f"%{byte:02X}" for byte in value)
    return ""


def _status(code: int) -> str:
    """The status with its standard phrase; the server's own text is not repeated."""
    try:
        return f"{code} {HTTPStatus(code).phrase}"
    except ValueError:
        return str(code)


def _refused() -> InvalidImageUrl:
    return InvalidImageUrl("Invalid image URL.")


def _failed(reason: str) -> InvalidImageUrl:
    return InvalidImageUrl(f"Invalid image URL or error downloading from target server. {reason}")


def _too_big() -> InvalidImageSize:
    return InvalidImageSize("Image size is too big.")
