"""The configuration file, which `lineament login` writes."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lineament.errors import Refused


@dataclass(frozen=True, slots=True)
class Connection:
    """How to reach a service.

    Attributes:
        endpoint: scheme, host and port, without a path.
        key: sent as ``Ocp-Apim-Subscription-Key``.
        certificate: a file of certificates to trust in place of the system's.
        source: where the endpoint comes from, for people.
        remedy: what to do if the service rejects the key.
    """

    endpoint: str
    key: str
    certificate: Path | None = None
    source: str = ""
    remedy: str = "Run `lineament login` with a valid one."


def config_file(environment: Mapping[str, str]) -> Path:
    """The path of the configuration: below ``XDG_CONFIG_HOME``, or ``~/.config``."""
    home = environment.get("XDG_CONFIG_HOME")
    folder = Path(home) if home else Path(environment.get("HOME") or Path.home()) / ".config"
    return folder / "lineament" / "config.toml"


def read_config(file: Path) -> Connection | None:
    """The stored connection; None where there is no file.

    Raises:
        Refused: the file cannot be read as a configuration.
    """
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise Refused(f"{file} is not readable TOML. Run `lineament login` again.") from error
    endpoint, key, certificate = (values.get(n) for n in ("endpoint", "key", "ca_certificate"))
    if not isinstance(endpoint, str) or not isinstance(key, str):
        raise Refused(f"{file} has no endpoint or no key. Run `lineament login` again.")
    trusted = Path(certificate) if isinstance(certificate, str) else None
    return Connection(endpoint, key, trusted, str(file))


def write_config(file: Path, connection: Connection) -> None:
    """Write the file atomically, readable by its owner only."""
    values = {"endpoint": connection.endpoint, "key": connection.key}
    if connection.certificate is not None:
        values["ca_certificate"] = str(connection.certificate.resolve())
    # JSON strings in ASCII are TOML basic strings.
    text = "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write(text)
    temporary.replace(file)
