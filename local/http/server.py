"""Runs the HTTP front under uvicorn, in a thread with an event loop of its own."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from functools import partial
from typing import Any, cast

import uvicorn

from local.http.connections import (
    HEAD_SECONDS,
    ConnectionLimits,
    Connections,
    OncePerSecond,
    default_limits,
)
from local.http.listener import BoundedListener
from local.http.protocol import HostProtocol
from local.http.tls import TlsFiles
from shared.domain.errors import ConfigurationError

_LOGGER = logging.getLogger("lineament.host")

Asgi = Callable[..., Awaitable[None]]
_START_SECONDS = 10.0
_UNWIND_SECONDS = 1.0
"""From the end of the grace to the end of the event loop; the server reads its flags at 10 Hz."""
_OUT_OF_RESOURCES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


def bind(host: str, port: int) -> socket.socket:
    """Bind the port before anything slow starts, so that a busy port is reported at once.

    Args:
        port: 0 for any free one.

    Raises:
        ConfigurationError: the port is in use or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio sets TCP_NODELAY; without it every answer on a kept-alive
    # connection waits 40 ms for the client's delayed acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        reason = (error.strerror or str(error)).lower()
        raise ConfigurationError(
            f"Cannot listen on {host}:{port}: {reason}. Stop the process that uses it, or choose"
            f" another with PORT=…"
        ) from error
    return listener


class HttpServer:
    """One uvicorn server.

    Args:
        listener: a bound socket; the server closes it.
        tls: None for plain http.
        limits: of connections; None: by the process's file descriptors.
        head_seconds: longest time for a request's head to arrive.
    """

    def __init__(
        self,
        application: Asgi,
        listener: socket.socket,
        *,
        tls: TlsFiles | None = None,
        limits: ConnectionLimits | None = None,
        head_seconds: float = HEAD_SECONDS,
    ) -> None:
        self._log = OncePerSecond()
        bounds = limits or default_limits()
        protocol = partial(
            HostProtocol,
            connections=Connections(bounds),
            log=self._log,
            head_seconds=head_seconds,
        )
        config = uvicorn.Config(
            _only_http(application),
            http=cast("type[asyncio.Protocol]", protocol),
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ssl_certfile=None if tls is None else tls.certificate,
            ssl_keyfile=None if tls is None else tls.key,
        )
        self._server = uvicorn.Server(config)
        self._listener = listener if tls is None else BoundedListener(listener, bounds, self._log)
        self._thread = threading.Thread(target=self._serve, name="http", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._has_loop = threading.Event()

    def start(self) -> asyncio.AbstractEventLoop:
        """Start serving.

        Returns:
            The event loop that the server runs on.
        """
        self._thread.start()
        if not self._has_loop.wait(_START_SECONDS) or self._loop is None:
            raise ConfigurationError("The HTTP server did not start.")
        return self._loop

    def stop(self, grace: float) -> None:
        """Accept no more requests, wait for the running ones, close.

        Args:
            grace: seconds after which the connections of running requests are closed without an
                answer: whether such a request has been carried out is not known. A second later
                the server has ended.
        """
        self._server.should_exit = True
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed: the server has ended
                self._loop.call_soon_threadsafe(self._loop.call_later, grace, self._cut_off)
        self._thread.join(grace + _UNWIND_SECONDS)

    def _cut_off(self) -> None:
        state = self._server.server_state
        if state.tasks:
            _LOGGER.warning("requests cut off", extra={"requests": len(state.tasks)})
        for connection in list(state.connections):
            connection.transport.abort()
        self._server.force_exit = True

    def _serve(self) -> None:
        asyncio.run(self._serve_on_loop())

    async def _serve_on_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(self._on_loop_fault)
        self._has_loop.set()
        await self._server.serve(sockets=[self._listener])

    def _on_loop_fault(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Log a fault of the event loop; those of `accept` come by the thousand."""
        error = context.get("exception")
        if isinstance(error, OSError) and error.errno in _OUT_OF_RESOURCES:
            self._log.warn("no file descriptor or memory is left for a connection")
        else:
            loop.default_exception_handler(context)


def _only_http(application: Asgi) -> Asgi:
    async def serve(scope: MutableMapping[str, Any], receive: Asgi, send: Asgi) -> None:
        if scope["type"] == "http":
            await application(scope, receive, send)

    return serve
