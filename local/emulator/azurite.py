"""Runs Azurite, Microsoft's storage emulator, as a child of the host."""

from __future__ import annotations

import base64
import logging
import os
import queue
import re
import secrets
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from local.emulator.install import AZURITE_FOLDER, BUNDLE
from local.emulator.node import find_node
from local.private_file import write_private
from shared.domain.errors import ConfigurationError

_LOGGER = logging.getLogger("lineament.azurite")

ACCOUNT = "devstoreaccount1"
# Not a secret: the emulator's usual key, published in Microsoft's documentation.
PUBLISHED_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
KEY_FILE = "account_key"
_KEY_BYTES = 64
USUAL_PORTS: Mapping[str, int] = {"Blob": 10000, "Queue": 10001, "Table": 10002}
HOST = "127.0.0.1"

_LISTENING = re.compile(r"Azurite (Blob|Queue|Table) service is successfully listening at .*:(\d+)")
_START_SECONDS = 60.0
_STOP_SECONDS = 10.0
_READ_SECONDS = 1.0
"""Longest time for the last lines, which are written to the log: it may block."""


def connection_string(ports: Mapping[str, int], key: str = PUBLISHED_KEY) -> str:
    """The connection string of an Azurite on these ports, with every endpoint spelled out."""
    endpoints = "".join(
        f"{service}Endpoint=http://{HOST}:{port}/{ACCOUNT};" for service, port in ports.items()
    )
    return f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={key};{endpoints}"


def is_running(ports: Mapping[str, int] = USUAL_PORTS) -> bool:
    """Whether something listens on all of these ports."""
    return not any(_is_free(port) for port in ports.values())


class Azurite:
    """One Azurite process.

    It has a process group of its own, so that Ctrl-C in the terminal reaches only the host, which
    drains first. It has the host's session, because Linux shares time among sessions before it
    compares the priorities of threads. It ends with the host however the host ends, because its
    stdin is a pipe from it (`exit_with_parent.cjs`).

    Its account has a key of its own. With the published one, every user of the machine and, by DNS
    rebinding, every web page could read images and embeddings.

    Args:
        data: the folder that keeps blobs and messages between runs.
        usual_ports: take 10000-10002 where they are free; otherwise any free ones.
        inherited: file descriptors to keep open as long as it runs.
    """

    def __init__(
        self, data: Path, *, usual_ports: bool = True, inherited: Sequence[int] = ()
    ) -> None:
        self._data = data
        self._inherited = inherited
        self._listener: Callable[[str], None] | None = None
        self._usual_ports = usual_ports
        data.mkdir(parents=True, exist_ok=True)
        self._key = load_or_make_key(data / KEY_FILE)
        self._launch(
            {
                service: port if usual_ports and _is_free(port) else 0
                for service, port in USUAL_PORTS.items()
            }
        )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def wait(self) -> str:
        """Wait until all services listen.

        Returns:
            The connection string.

        Raises:
            ConfigurationError: Azurite ended or did not start.
        """
        ports = self._wait_for_ports()
        if ports is None and self._usual_ports:
            # Another process took the port after the check.
            self.stop()
            self._launch(dict.fromkeys(USUAL_PORTS, 0))
            ports = self._wait_for_ports()
        if ports is None:
            raise ConfigurationError("Azurite did not start; its log lines above say why.")
        return connection_string(ports, self._key)

    def listen(self, listener: Callable[[str], None]) -> None:
        """Pass every further line of the access log to a function, on the log's thread."""
        self._listener = listener

    def stop(self) -> None:
        """Terminate Azurite, which writes its tables to disk; kill it after ten seconds."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(_READ_SECONDS)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _launch(self, ports: Mapping[str, int]) -> None:
        self._announced: queue.SimpleQueue[tuple[str, int] | None] = queue.SimpleQueue()
        self._process = subprocess.Popen(  # noqa: S603 - no part comes from outside
            _command(self._data, ports),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            process_group=0,
            pass_fds=tuple(self._inherited),
            env={**os.environ, "AZURITE_ACCOUNTS": f"{ACCOUNT}:{self._key}"},
        )
        self._reader = threading.Thread(target=self._read, name="azurite-log", daemon=True)
        self._reader.start()

    def _wait_for_ports(self) -> dict[str, int] | None:
        deadline = time.monotonic() + _START_SECONDS
        ports: dict[str, int] = {}
        while len(ports) < len(USUAL_PORTS):
            try:
                announced = self._announced.get(timeout=max(deadline - time.monotonic(), 0.01))
            except queue.Empty:
                return None
            if announced is None:
                return None
            ports[announced[0]] = announced[1]
        return ports

    def _read(self) -> None:
        lines = self._process.stdout
        if lines is None:
            return
        for line in lines:
            listening = _LISTENING.search(line)
            if listening is not None:
                self._announced.put((listening[1], int(listening[2])))
            elif '" ' in line and line[0].isdigit():
                if self._listener is not None:
                    self._listener(line)
            elif not line.startswith("Azurite "):
                _LOGGER.warning(line.rstrip())
                if "unhandled error" in line:
                    # It could not listen, but its process goes on.
                    self._announced.put(None)
        self._announced.put(None)


def load_or_make_key(path: Path) -> str:
    """The account's key, in base64: made on the first start, kept in a file of mode 0600.

    Raises:
        ConfigurationError: the file cannot be read or written.
    """
    if not path.exists():
        key = base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()
        write_private(path, f"{key}\n")
    try:
        return path.read_text("ascii").strip()
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path} is not readable; delete it for a new key.") from error


def _command(data: Path, ports: Mapping[str, int]) -> list[str]:
    node = find_node()
    if node is None or not BUNDLE.is_file():
        raise ConfigurationError("Azurite is not installed: run `make setup-run`.")
    # Deprecation warnings are for Azurite's authors, not for operators.
    command = [
        str(node.executable),
        "--no-deprecation",
        "--require",
        str(AZURITE_FOLDER / "exit_with_parent.cjs"),
    ]
    command += [str(BUNDLE), "--skipApiVersionCheck", "--disableTelemetry"]
    command += ["--location", str(data)]
    for service, port in ports.items():
        name = service.lower()
        command += [f"--{name}Host", HOST, f"--{name}Port", str(port)]
    return command


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
