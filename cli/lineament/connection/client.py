"""The HTTP client: one connection, the key, retries and errors."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

import httpx

from lineament import __version__
from lineament.connection.config import Connection
from lineament.errors import NotFound, NotOffered, Refused, Unreachable

_ATTEMPTS = 6
_LONGEST_PAUSE = 30.0
_SAFE = {"GET", "HEAD"}
_BUSY = {429, 503}
_UNHEALTHY = "unhealthy"
_NO_ROUTE = {"404", "", "ResourceNotFound"}


class Client:
    """Calls a service. Threads can share it.

    Args:
        connection: where the service is.
        pause: sleeps for a number of seconds.
        transport: in place of the network, for tests.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        pause: Callable[[float], None] = time.sleep,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.connection = connection
        self._pause = pause
        self._http = httpx.Client(
            base_url=connection.endpoint,
            headers={
                "Ocp-Apim-Subscription-Key": connection.key,
                "User-Agent": f"lineament-cli/{__version__}",
            },
            timeout=httpx.Timeout(60.0, connect=10.0),
            verify=trust(connection),
            transport=transport,
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=64),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def json(self, method: str, path: str, **sent: Any) -> Any:
        """Call an operation and return its JSON; None for an empty body.

        Takes the arguments of :meth:`call`, and raises as it does.
        """
        response = self.call(method, path, **sent)
        if not response.content:
            return None
        try:
            return response.json()
        except ValueError as error:
            raise Unreachable(
                f"{self.connection.endpoint} answers {path} with something else than JSON."
                " Check the endpoint."
            ) from error

    def call(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        content: bytes | None = None,
        content_type: str = "application/octet-stream",
        query: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        attempts: int = _ATTEMPTS,
        repeatable: bool = False,
    ) -> httpx.Response:
        """Call an operation; retries when the service is throttled or busy.

        Args:
            path: below the endpoint, without a leading slash.
            content: a body that is not JSON, such as an image.
            query: None values are left out, booleans are written ``true`` and ``false``.
            headers: beside the key and the Content-Type.
            repeatable: whether to repeat the call where its answer is lost, as every GET is.

        Raises:
            NotFound: 404.
            Refused: another 4xx, or a part of the path is empty: the address would be another one.
            Unreachable: no answer, or 5xx.
        """
        if "" in path.split("/"):
            raise Refused("An id or a name that was given is empty.")
        typed = {} if content is None else {"Content-Type": content_type}
        request = self._http.build_request(
            method,
            f"/{path}",
            json=json,
            content=content,
            headers={**typed, **(headers or {})},
            params=_parameters(query or {}),
        )
        for attempt in range(1, attempts + 1):
            last = attempt == attempts
            try:
                response = self._http.send(request)
            except httpx.TransportError as error:
                may_repeat = repeatable or method in _SAFE
                if last or not may_repeat or isinstance(error, httpx.ConnectError):
                    raise Unreachable(self._no_answer(error)) from error
                self._pause(0.2 * attempt)
                continue
            if last or not _is_worth_repeating(response):
                return _checked(response, self.connection)
            self._pause(_delay(response, attempt))
        raise AssertionError("The last attempt returns or raises.")

    def _no_answer(self, error: httpx.TransportError) -> str:
        endpoint = self.connection.endpoint
        if isinstance(error, httpx.TimeoutException):
            return f"{endpoint} did not answer in time. Try again, or run `lineament doctor`."
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return (
                f"The certificate of {endpoint} is not trusted. Name the authority's file"
                " with --ca-certificate."
            )
        if "WRONG_VERSION_NUMBER" in str(error):
            plain = endpoint.replace("https://", "http://", 1)
            return f"{endpoint} speaks no TLS. Use {plain}, perhaps."
        if isinstance(error, (httpx.RemoteProtocolError, httpx.ReadError)):
            closed = f"{endpoint} closed the connection without an answer."
            if endpoint.startswith("http://"):
                secured = endpoint.replace("http://", "https://", 1)
                return f"{closed} With TLS its endpoint is {secured}."
            return f"{closed} Try again, or run `lineament doctor`."
        return (
            f"{endpoint} cannot be reached. Is the service running (`make run`), and is the"
            " endpoint right? `lineament login` sets another."
        )


def trust(connection: Connection) -> ssl.SSLContext:
    """The authorities that verify the service: those of the connection, or the usual ones.

    Raises:
        Refused: the connection's file holds none.
    """
    if connection.certificate is None:
        return httpx.create_ssl_context()
    try:
        return ssl.create_default_context(cafile=str(connection.certificate))
    except (OSError, ssl.SSLError) as error:
        raise Refused(f"{connection.certificate} is not a file of certificates in PEM.") from error


def _parameters(query: Mapping[str, object]) -> dict[str, str]:
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in query.items()
        if value is not None
    }


def _is_worth_repeating(response: httpx.Response) -> bool:
    if response.status_code in _BUSY:
        return True
    return response.status_code == 409 and _error(response)[0] == "ConcurrentOperationConflict"


def _delay(response: httpx.Response, attempt: int) -> float:
    """Seconds to wait: what the service asks for, else longer each time."""
    try:
        asked = float(response.headers.get("Retry-After", ""))
    except ValueError:
        asked = 0.25 * 2 ** (attempt - 1)
    return min(max(asked, 0.05), _LONGEST_PAUSE)


def _checked(response: httpx.Response, connection: Connection) -> httpx.Response:
    status = response.status_code
    if response.is_success:
        return response
    code, message = _error(response)
    if status == 401:
        raise Refused(
            f"{connection.endpoint} rejects the key. {connection.remedy}",
            code=code,
            status=status,
        )
    if code.endswith("NotTrained"):
        message += " Run `lineament train GROUP --wait`."
    path = response.request.url.path
    if status == 404 and path.startswith("/lineament/") and code in _NO_ROUTE:
        raise NotOffered(
            f"{connection.endpoint} has no {path}: it is Azure's, or an older Lineament.",
            code=code,
            status=status,
        )
    if status == 404:
        raise NotFound(message or "Not found.", code=code, status=status)
    if status >= 500 or status < 400:
        raise Unreachable(
            f"{connection.endpoint} answers with {status}: {message or 'no reason'}"
            " Run `lineament doctor`.",
            status=status,
            reason=message,
        )
    raise Refused(message or f"The service answers with {status}.", code=code, status=status)


def _error(response: httpx.Response) -> tuple[str, str]:
    """Code and message of an error body, or of /health; empty where it is not the service's."""
    try:
        body = response.json()
        if body.get("status") == _UNHEALTHY:
            return _UNHEALTHY, str(body["reason"])
        return str(body["error"]["code"]), str(body["error"]["message"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return "", ""
