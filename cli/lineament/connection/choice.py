"""Chooses the connection: options, then environment, then configuration, then a local service."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from lineament.connection.config import Connection, config_file, read_config
from lineament.connection.local_service import find_local_service
from lineament.errors import Refused

ENDPOINT = "LINEAMENT_ENDPOINT"
KEY = "LINEAMENT_KEY"
CERTIFICATE = "LINEAMENT_CA_CERTIFICATE"


def choose_connection(
    endpoint: str | None,
    key: str | None,
    certificate: Path | None,
    environment: Mapping[str, str],
    folder: Path,
) -> Connection:
    """The connection that a command uses.

    Options and the environment's variables are given together as the first three arguments.

    Raises:
        Refused: no endpoint or no key is known.
    """
    stored = None
    if not endpoint or not key:
        stored = read_config(config_file(environment)) or find_local_service(environment, folder)
    if not endpoint and stored is None:
        raise Refused(
            "No service is known. Start one with `make run`, run `lineament login`,"
            f" or set {ENDPOINT} and {KEY}."
        )
    # A stored key belongs to the stored endpoint and is sent to no other.
    address = clean_endpoint(endpoint or (stored.endpoint if stored else ""))
    if stored is not None and clean_endpoint(stored.endpoint) != address:
        stored = None
    chosen = clean_key(key or (stored.key if stored else ""))
    if not chosen:
        raise Refused(f"No key is known for {address}. Set {KEY} or run `lineament login`.")
    trusted = certificate or (stored.certificate if stored else None)
    return Connection(address, chosen, trusted, stored.source if stored else "options")


def clean_key(text: str) -> str:
    """A key without the white space around it.

    Raises:
        Refused: it cannot be sent in a header.
    """
    key = text.strip()
    if not (key.isascii() and (key.isprintable() or not key)):
        raise Refused("The key has characters that no key has. Copy it again, without line ends.")
    return key


def clean_endpoint(text: str) -> str:
    """Scheme, host and port of an address, which may have a path such as ``/face/v1.2``.

    Raises:
        Refused: it is not an address with http or https.
    """
    parts = urlsplit(text.strip())
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise Refused(f"{text!r} is not an endpoint such as https://name.example or …:7071.")
    return f"{parts.scheme}://{parts.netloc}"
