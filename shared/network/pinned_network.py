"""Connections to checked addresses with a common deadline, for httpcore."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Sequence
from typing import Any

import httpcore


class Deadline:
    """The time at which an exchange must be complete."""

    def __init__(self, seconds: float) -> None:
        """That many seconds from now."""
        self._end = time.monotonic() + seconds

    def remaining(self) -> float:
        """The remaining seconds, more than 0.

        Raises:
            httpcore.TimeoutException: none remain.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise httpcore.TimeoutException("The deadline has passed.")
        return left


class PinnedBackend(httpcore.NetworkBackend):
    """Connects only to the given addresses, whatever the host name.

    The connection goes to an address that was checked: a name that resolves differently the second
    time (DNS rebinding) has no effect.
    """

    def __init__(self, addresses: Sequence[str], deadline: Deadline) -> None:
        """Use these numeric addresses, in this order, until one accepts."""
        self._addresses = addresses
        self._deadline = deadline
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that accepts. The deadline replaces the timeout.

        Raises:
            httpcore.ConnectError: none of them accepts.
            httpcore.TimeoutException: the deadline has passed.
        """
        failure: Exception = httpcore.ConnectError("There is no address to connect to.")
        for place, address in enumerate(self._addresses):
            # An unresponsive address may use its share of the time, not all of it.
            share = self._deadline.remaining() / (len(self._addresses) - place)
            try:
                stream = self._sockets.connect_tcp(
                    address,
                    port,
                    timeout=share,
                    local_address=local_address,
                    socket_options=socket_options or (),
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
                continue
            return _DeadlineStream(stream, self._deadline)
        raise failure


class _DeadlineStream(httpcore.NetworkStream):
    """A stream whose every operation is limited by the deadline.

    With a timeout for each read only, a server could send single bytes for ever.
    """

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.remaining())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.remaining())

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, self._deadline.remaining())
        return _DeadlineStream(secured, self._deadline)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:  # httpcore's own signature
        return self._stream.get_extra_info(info)
