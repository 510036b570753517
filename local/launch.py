"""`python -m local`: starts storage and the host, prints their addresses, runs until stopped.

Standard output has exactly the lines of `_announce`; everything else goes to stderr.
"""

from __future__ import annotations

import argparse
import gc
import http.client
import importlib
import logging
import os
import shlex
import signal
import ssl
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from socket import socket
from types import FrameType
from urllib.parse import urlsplit

import azure.functions as func

from local.console_code import ConsoleCode
from local.data_lock import claim, empty_folder
from local.emulator.azurite import Azurite
from local.endpoint_file import endpoint_file
from local.host import HostOptions, LocalHost
from local.host_settings import read_host_settings
from local.http.server import bind
from local.http.tls import TlsFiles
from local.launch_settings import LaunchSettings, read_launch_settings
from local.logs import configure_logging
from local.private_file import withdraw_access
from local.stop_deadline import end_within
from local.triggers.indexing import CONNECTION, FunctionIndex, index
from shared.composition.container import root
from shared.domain.errors import ConfigurationError, Unavailable
from shared.settings.service import Settings
from shared.storage.layout import WORK_FOLDER

_LOGGER = logging.getLogger("lineament.host")

ROOT = Path(__file__).resolve().parent.parent
_HEALTH_SECONDS = 60.0
_GRACE_SECONDS = 25.0
"""How long requests, messages and timers that run may take after a signal."""

_GRACE_WITHOUT_STORAGE = 2.0
"""The same after the end of the storage emulator: requests that need no storage are answered."""

_CLOSE_SECONDS = 10.0
"""Longest time beyond the grace for the host to stop and its stores to close."""

_PRIVATE = 0o077
"""What is made in the data folder, by this process and its children, is its owner's alone."""
_SWITCH_SECONDS = 0.001
"""How long a thread runs Python while another waits: 5 ms by default, several times a request."""
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - compared only


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM.

    Returns:
        The exit code: 0 after a signal, 1 where the host cannot start or storage ended. The
        process exits with 1 where its stop takes too long, see `_stop`.
    """
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    parser.add_argument("--app", type=Path, default=ROOT, help="folder of function_app.py")
    parser.add_argument("--settings", type=Path, help="default: local.settings.json of the app")
    options = parser.parse_args(arguments)
    app: Path = options.app.resolve()
    configure_logging()
    os.umask(_PRIVATE)
    sys.setswitchinterval(_SWITCH_SECONDS)
    stopping = _stop_on_signals()
    try:
        file = options.settings or app / "local.settings.json"
        settings = read_launch_settings(os.environ, file, with_service=app == ROOT)
        configure_logging(settings.log)
        listener = bind(settings.host, settings.port)
        return _run(app, settings, listener, stopping)
    except ConfigurationError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1


def _run(app: Path, settings: LaunchSettings, listener: socket, stopping: threading.Event) -> int:
    lock = claim(settings.data)
    withdraw_access(settings.data)
    empty_folder(settings.data / WORK_FOLDER)
    azurite = (
        Azurite(settings.data / "azurite", inherited=(lock.descriptor,))
        if settings.storage is None
        else None
    )
    try:
        functions = _load(app)
        storage = settings.storage or (azurite.wait() if azurite is not None else "")
        os.environ[CONNECTION] = storage
        console_code = None
        if app == ROOT:
            chosen = Settings.from_environment(os.environ)
            if chosen.console:
                console_code = ConsoleCode(settings.key)
            if chosen.custom_model is not None or chosen.cohort_file:
                root().vision.check()
            with suppress(Unavailable):  # Health says so until the store answers.
                _ = root().storage.store
        url = _url(settings, listener.getsockname()[1])
        options = HostOptions(
            settings=read_host_settings(app / "host.json"),
            connection_string=storage,
            data=settings.data,
            url=url,
            access_log=azurite,
            tls=settings.tls,
            cors_origins=settings.cors_origins,
            console_code=console_code,
            one_slash=app == ROOT,
        )
        host = LocalHost(functions, options, listener)
        host.start()
        try:
            _wait_for_health(url, settings.tls, stopping)
            # Objects loaded so far live as long as the process; a full garbage collection over them
            # would delay every request by 25 ms.
            gc.freeze()
            certificate = None if settings.tls is None else settings.tls.certificate
            keys_file = os.environ.get("FACE_KEYS_FILE")
            with endpoint_file(settings.data, url, certificate, keys_file):
                if not stopping.is_set():
                    _announce(url, settings, storage, console_code)
                return _wait(stopping, azurite)
        finally:
            lock.end_soon()
            _stop(host, has_storage=azurite is None or azurite.is_alive)
    finally:
        if azurite is not None:
            azurite.stop()
        lock.release()


def _stop(host: LocalHost, *, has_storage: bool) -> None:
    """Stop the host and close the stores.

    The longest time from a signal, or from the end of the storage emulator, to the end of the
    process is the sum of these bounds, in seconds:

    | step | signal | emulator ended |
    |---|---|---|
    | `_wait` sees it | 0 | 1 |
    | `LocalHost.stop`: the grace and 3 | 28 | 5 |
    | the rest of `_CLOSE_SECONDS`: the stores are closed | 7 | 7 |
    | the line in the log, where the process has to be ended | 1 | 1 |
    | `Azurite.stop`: until it is killed, and its last lines in the log | 11 | 1 |
    | `__main__`: a request that still runs | 1 | 1 |
    | together | 48 | 16 |
    """
    grace = _GRACE_SECONDS if has_storage else _GRACE_WITHOUT_STORAGE
    with end_within(grace + _CLOSE_SECONDS):
        # Writing to the log may block, where its reader does not read.
        if not has_storage:
            _LOGGER.error("Azurite has ended")
        _LOGGER.info("stopping")
        host.stop(grace)
        root().close()


def _load(app: Path) -> FunctionIndex:
    sys.path.insert(0, str(app))
    module = importlib.import_module("function_app")
    if not isinstance(getattr(module, "app", None), func.FunctionApp):
        raise ConfigurationError(f"{app / 'function_app.py'} has no FunctionApp named app.")
    functions = index(module.app)
    _LOGGER.debug("indexed", extra={"functions": functions.names})
    return functions


def _wait_for_health(url: str, tls: TlsFiles | None, stopping: threading.Event) -> None:
    """Wait for the first 200; the service may answer 503 while it loads."""
    address = urlsplit(url)
    deadline = time.monotonic() + _HEALTH_SECONDS
    while not stopping.is_set():
        connection = (
            http.client.HTTPConnection(
                address.hostname or "", address.port, timeout=_HEALTH_SECONDS
            )
            if tls is None
            else http.client.HTTPSConnection(
                address.hostname or "",
                address.port,
                timeout=_HEALTH_SECONDS,
                context=tls.trusting_context(),
            )
        )
        try:
            connection.request("GET", "/health")
            answer = connection.getresponse()
            body = answer.read(2000).decode("utf-8", "replace")
            status = answer.status
        except ssl.SSLCertVerificationError as error:
            raise ConfigurationError(
                f"The TLS certificate is not valid: {error.verify_message}."
            ) from error
        except (OSError, http.client.HTTPException) as error:
            status, body = 503, type(error).__name__
        finally:
            connection.close()
        if status == 200:
            return
        if status != 503 or time.monotonic() > deadline:
            raise ConfigurationError(f"GET /health answered {status}: {body}")
        stopping.wait(0.05)


def _announce(
    url: str, settings: LaunchSettings, storage: str, console_code: ConsoleCode | None
) -> None:
    key, tls = settings.key, settings.tls
    header = shlex.quote(f"Ocp-Apim-Subscription-Key: {key}")
    trust = "" if tls is None else f" --cacert {shlex.quote(str(tls.certificate))}"
    lines = [
        f"url: {url}",
        f"key: {key}",
        f"storage: {storage}",
        f"docs: {url}/docs",
        f"try: curl -s{trust} -H {header} {url}/face/v1.2/persongroups",
        *([] if console_code is None else [f"console: {console_code.link(url)}"]),
        "ready",
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _wait(stopping: threading.Event, azurite: Azurite | None) -> int:
    while not stopping.wait(1.0):
        if azurite is not None and not azurite.is_alive:
            return 1
    return 0


def _stop_on_signals() -> threading.Event:
    """SIGINT or SIGTERM sets the event; another Ctrl-C, a second later, ends the drain.

    The second of delay is needed because one stop often arrives twice: from the terminal or
    supervisor to the process group, and from `make` or `timeout` to its child.
    """
    stopping = threading.Event()
    first = 0.0

    def stop(signal_number: int, _frame: FrameType | None) -> None:
        nonlocal first
        if not stopping.is_set():
            first = time.monotonic()
            stopping.set()
        elif signal_number == signal.SIGINT and time.monotonic() - first > 1.0:
            os._exit(128 + signal_number)

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    return stopping


def _url(settings: LaunchSettings, port: int) -> str:
    scheme = "http" if settings.tls is None else "https"
    address = _ANY_ADDRESS.get(settings.host, settings.host)
    return f"{scheme}://[{address}]:{port}" if ":" in address else f"{scheme}://{address}:{port}"
