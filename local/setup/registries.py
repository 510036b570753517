"""Checks that a package registry answers, before a package client retries for minutes."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

_CONNECT_SECONDS = 5.0
_PYPI = "https://pypi.org/simple"
_PROXIES = ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")


class Unreachable(Exception):
    """A registry does not answer."""

    def __init__(self, client: str, url: str) -> None:
        setting = "PIP_INDEX_URL" if client == "pip" else "npm_config_registry"
        super().__init__(
            f"{client} cannot reach its registry, {url}. Check the network, or set {setting} to a"
            " registry that this machine reaches."
        )


def check_pip(python: Path) -> None:
    """Check the index that pip is configured for.

    Raises:
        Unreachable: nothing listens there.
    """
    url = os.environ.get("PIP_INDEX_URL") or _configured(
        [str(python), "-m", "pip", "config", "get", "global.index-url"]
    )
    _check("pip", url or _PYPI)


def check_npm(npm: tuple[str, ...]) -> None:
    """Check the registry that npm is configured for.

    Raises:
        Unreachable: nothing listens there.
    """
    url = _configured([*npm, "config", "get", "registry"])
    if url:
        _check("npm", url)


def _configured(command: list[str]) -> str:
    # No part of the command comes from outside.
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout.strip() if done.returncode == 0 else ""


def _check(client: str, url: str) -> None:
    """Connect once; a proxy or an address that is not HTTP is left to the client itself."""
    address = urlsplit(url)
    if address.scheme not in ("http", "https") or not address.hostname:
        return
    if any(os.environ.get(name) for name in _PROXIES):
        return
    port = address.port or (443 if address.scheme == "https" else 80)
    try:
        socket.create_connection((address.hostname, port), _CONNECT_SECONDS).close()
    except OSError as error:
        raise Unreachable(client, url) from error
