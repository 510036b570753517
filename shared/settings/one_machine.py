"""Settings of the one-machine host."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.domain.errors import InvalidSettings
from shared.settings.declaration import SettingReader, Where, setting
from shared.settings.parsers import flag, listed, one_of, optional, path, whole

AUTO, TEXT, JSON, QUIET = STYLES = ("auto", "text", "json", "quiet")
"""How the host logs."""

ANY_ORIGIN = "*"
"""Stands for every origin in FACE_CORS_ORIGINS."""

_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[a-z0-9.:\[\]_-]+")


def _origins(text: str) -> tuple[str, ...]:
    """Parses origins as browsers send them: scheme, host and a port that is not the usual one."""
    origins = listed(text.lower())
    if not all(origin == ANY_ORIGIN or _ORIGIN.fullmatch(origin) for origin in origins):
        raise ValueError("origins separated by commas, as in https://app.example, or *")
    return origins


@dataclass(frozen=True, slots=True)
class OneMachineSettings:
    """Address and certificate of the host.

    Attributes:
        port: 0: any free one.
        log: one of `STYLES`.
        tls: https with a certificate that the host creates.
    """

    host: str = setting("HOST", "127.0.0.1", str, "Address to listen on.", where=Where.ONE_MACHINE)
    port: int = setting(
        "PORT",
        "7071",
        whole(0, 65535),
        "Port to listen on; 0: any free one.",
        where=Where.ONE_MACHINE,
    )
    tls: bool = setting(
        "TLS",
        "0",
        flag,
        "1: https, with a certificate that is made on the first use and kept in FACE_DATA_DIR/tls.",
        where=Where.ONE_MACHINE,
    )
    log: str = setting(
        "FACE_LOG",
        AUTO,
        one_of(STYLES),
        "Log lines: text or json; auto: text on a terminal, json elsewhere; quiet: warnings only.",
        where=Where.ONE_MACHINE,
    )
    cors_origins: tuple[str, ...] = setting(
        "FACE_CORS_ORIGINS",
        "",
        _origins,
        "Origins whose pages may call the service from a browser, separated by commas, as in"
        " https://app.example; *: all. Empty: none. On Azure the platform has its own list.",
        where=Where.ONE_MACHINE,
    )
    certificate: Path | None = setting(
        "FACE_TLS_CERTIFICATE",
        "",
        optional(path),
        "A certificate of your own for https (PEM, with its chain).",
        where=Where.ONE_MACHINE,
    )
    key: Path | None = setting(
        "FACE_TLS_KEY",
        "",
        optional(path),
        "That certificate's private key (PEM).",
        where=Where.ONE_MACHINE,
    )


def read_one_machine(environment: Mapping[str, str]) -> OneMachineSettings:
    """Read the host's settings.

    Raises:
        InvalidSettings: one or more are invalid; the message names all of them.
    """
    reader = SettingReader(environment)
    settings = reader.group(OneMachineSettings)
    if (settings.certificate is None) != (settings.key is None):
        reader.problems.append("FACE_TLS_CERTIFICATE and FACE_TLS_KEY need each other.")
    if reader.problems:
        raise InvalidSettings(reader.problems)
    return settings
