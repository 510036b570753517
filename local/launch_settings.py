"""Launch settings: the environment, then `Values` and `Host.CORS` of local.settings.json."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path

from local.emulator.azurite import USUAL_PORTS, connection_string, is_running
from local.http.tls import TlsFiles, choose_tls
from local.private_file import write_private
from local.triggers.indexing import CONNECTION
from shared.domain.errors import ConfigurationError, InvalidSettings
from shared.settings.one_machine import AUTO, read_one_machine
from shared.settings.parsers import expanded_path
from shared.settings.process import DATA_DIRECTORY
from shared.settings.service import Settings

_DEVELOPMENT_STORAGE = "usedevelopmentstorage=true"


@dataclass(frozen=True, slots=True)
class LaunchSettings:
    """How to start.

    Attributes:
        port: 0 for any free one.
        data: absolute path of the data folder.
        storage: a connection string, or None to start Azurite.
        key: the first of the callers' keys; the announcement prints it.
        tls: None for plain http.
        cors_origins: origins whose pages may call the service from a browser.
    """

    host: str
    port: int
    data: Path
    storage: str | None
    key: str
    tls: TlsFiles | None = None
    log: str = AUTO
    cors_origins: tuple[str, ...] = ()


def read_launch_settings(
    environment: MutableMapping[str, str], file: Path, *, with_service: bool = True
) -> LaunchSettings:
    """Read both sources, and complete the environment for the app.

    The values of the file go into the environment where it has none. Only FACE_KEYS does not: the
    app reads the file itself, again and again, so that keys change without a restart. It finds it
    by FACE_KEYS_FILE. Where no source has keys, one is made and kept in the file.

    Args:
        with_service: whether the app is the service, whose settings are checked too.

    Raises:
        InvalidSettings: values are invalid; names all of them, of the host and of the service.
        ConfigurationError: the file is not usable.
    """
    values = _read_values(file)
    key = _first_key(environment, values, file)
    for name, value in values.items():
        if name != "FACE_KEYS":
            environment.setdefault(name, value)
    if origins := _cors_of_core_tools(file):
        environment.setdefault("FACE_CORS_ORIGINS", origins)
    data = DATA_DIRECTORY.read(environment)
    environment["FACE_DATA_DIR"] = str(data)
    _check_together(environment, with_service=with_service)
    settings = read_one_machine(environment)
    return LaunchSettings(
        host=settings.host,
        port=settings.port,
        data=data,
        storage=_storage(environment.get(CONNECTION, "")),
        key=key,
        tls=choose_tls(settings, data),
        log=settings.log,
        cors_origins=settings.cors_origins,
    )


def _check_together(environment: Mapping[str, str], *, with_service: bool) -> None:
    """Report what is wrong with the settings of the host and of the service in one message."""
    # The host sets the storage account later, where it starts an emulator.
    complete = {CONNECTION: _DEVELOPMENT_STORAGE, **environment}
    problems: list[str] = []
    for read in (read_one_machine, Settings.from_environment) if with_service else ():
        try:
            read(complete)
        except InvalidSettings as error:
            problems += error.problems
    if problems:
        raise InvalidSettings(list(dict.fromkeys(problems)))


def _first_key(environment: MutableMapping[str, str], values: dict[str, str], file: Path) -> str:
    if environment.get("FACE_KEYS"):
        return _first(environment["FACE_KEYS"])
    environment.pop("FACE_KEYS", None)
    if environment.get("FACE_KEYS_FILE"):
        try:
            keys_file = expanded_path(environment["FACE_KEYS_FILE"]).absolute()
        except ValueError as error:
            raise InvalidSettings([f"FACE_KEYS_FILE must be {error}."]) from error
        environment["FACE_KEYS_FILE"] = str(keys_file)
        return _first(_read_values(keys_file).get("FACE_KEYS", ""))
    environment["FACE_KEYS_FILE"] = str(file.resolve())
    if not values.get("FACE_KEYS"):
        values["FACE_KEYS"] = secrets.token_hex(16)
        _keep(file, "FACE_KEYS", values["FACE_KEYS"])
    return _first(values["FACE_KEYS"])


def _first(keys: str) -> str:
    first = next((key.strip() for key in keys.split(",") if key.strip()), None)
    if first is None:
        raise ConfigurationError("FACE_KEYS has no key: give one, or remove it to have one made.")
    return first


def _read(file: Path) -> dict[str, object]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {"IsEncrypted": False, "Values": {}}
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{file} is not readable JSON: {error}") from error
    if not isinstance(content, dict):
        raise ConfigurationError(f"{file} must hold one JSON object.")
    return content


def _read_values(file: Path) -> dict[str, str]:
    values = _read(file).get("Values", {})
    if not isinstance(values, dict) or not all(isinstance(v, str) for v in values.values()):
        raise ConfigurationError(f"{file}: Values must be an object of strings.")
    return values


def _cors_of_core_tools(file: Path) -> str:
    """`Host.CORS`, which Microsoft's Core Tools read: origins separated by commas, or *."""
    host = _read(file).get("Host", {})
    origins = host.get("CORS", "") if isinstance(host, dict) else None
    if not isinstance(origins, str):
        raise ConfigurationError(f"{file}: Host must be an object, and its CORS a string.")
    return origins


def _keep(file: Path, name: str, value: str) -> None:
    content = _read(file)
    values = content.get("Values", {})
    content["Values"] = {**(values if isinstance(values, dict) else {}), name: value}
    write_private(file, json.dumps(content, indent=2) + "\n")


def _storage(value: str) -> str | None:
    """The storage to use: None where the development storage is chosen and does not run yet."""
    if value.strip().rstrip(";").lower() != _DEVELOPMENT_STORAGE:
        return value or None
    return connection_string(USUAL_PORTS) if is_running() else None
