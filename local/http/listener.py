"""A listening socket that bounds connections from the moment they are accepted."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from local.http.connections import ConnectionLimits, Connections, OncePerSecond


class BoundedListener(socket.socket):
    """Closes connections above the limits at once; for TLS.

    The protocol counts a connection, and answers 503 above its limits, when the TLS handshake is
    complete. A client that never completes it holds a file descriptor for asyncio's 60 seconds all
    the same. A quarter more than the protocol's limits is accepted, so that connections whose
    handshake is under way are not refused before the protocol can answer.

    Args:
        listener: a bound socket, which this one replaces.
        limits: the protocol's.
        log: writes about connections that are refused.
    """

    def __init__(
        self, listener: socket.socket, limits: ConnectionLimits, log: OncePerSecond
    ) -> None:
        family, kind, protocol = listener.family, listener.type, listener.proto
        super().__init__(family, kind, protocol, fileno=listener.detach())
        self._connections = Connections(
            ConnectionLimits(_with_a_quarter(limits.total), _with_a_quarter(limits.per_address))
        )
        self._log = log

    def accept(self) -> tuple[socket.socket, Any]:
        """Accept a connection.

        Raises:
            ConnectionAbortedError: it was above a limit and is closed; asyncio goes on to the next.
        """
        connection, remote = super().accept()
        address = str(remote[0])
        if not self._connections.admit(address):
            connection.close()
            self._log.warn("too many connections or TLS handshakes")
            raise ConnectionAbortedError
        return _Counted(connection, lambda: self._connections.release(address)), remote


class _Counted(socket.socket):
    """A connection that is released once, when it is closed."""

    def __init__(self, connection: socket.socket, release: Callable[[], None]) -> None:
        family, kind, protocol = connection.family, connection.type, connection.proto
        super().__init__(family, kind, protocol, fileno=connection.detach())
        self._release: Callable[[], None] | None = release

    def close(self) -> None:
        """Close the connection and stop counting it."""
        super().close()
        release, self._release = self._release, None
        if release is not None:
            release()


def _with_a_quarter(limit: int) -> int:
    return limit + -(-limit // 4)
