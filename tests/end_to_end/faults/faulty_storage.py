"""A storage account that fails on demand: proxies in front of a storage emulator."""

from __future__ import annotations

import itertools
import socket
import struct
import threading
from contextlib import suppress

_ANSWERS = (
    b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    b"HTTP/1.1 503 Server Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    None,  # the connection is reset
)


class FaultyProxy:
    """Passes connections on to a port of the loopback interface, or fails every request.

    Attributes:
        failing: whether requests fail: in turn with 500, with 503 and with a reset connection.
        failed: how many did.
    """

    def __init__(self, target: int) -> None:
        self.failing = False
        self.failed = 0
        self._target = target
        self._answers = itertools.cycle(_ANSWERS)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Accept no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):  # The listener was closed.
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with (
            suppress(OSError),
            client,
            socket.create_connection(("127.0.0.1", self._target)) as server,
        ):
            threading.Thread(target=_copy, args=(server, client), daemon=True).start()
            while content := client.recv(65_536):
                if self.failing:
                    self._fail(client)
                    return
                server.sendall(content)

    def _fail(self, client: socket.socket) -> None:
        self.failed += 1
        answer = next(self._answers)
        if answer is None:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            client.sendall(answer)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while content := source.recv(65_536):
            target.sendall(content)
        target.shutdown(socket.SHUT_WR)
