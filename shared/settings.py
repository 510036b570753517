"""The settings: one frozen object, built once from the environment, every bad value reported."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from shared.faces.errors import InvalidSettings
from shared.faces.quotas import TIERS, Quotas, adjusted
from shared.storage.cosmos_location import DEFAULT_DATABASE, CosmosConnection
from shared.storage.location import StorageConnection

_T = TypeVar("_T")

SQLITE = "sqlite"
COSMOS = "cosmos"
STORES = (SQLITE, COSMOS)
_PLACEHOLDER = "<"


@dataclass(frozen=True, slots=True)
class SettingDoc:
    """A setting as the README and Bicep must know it."""

    name: str
    default: str
    meaning: str


SETTINGS = (
    SettingDoc("FACE_KEYS", "", "Keys that callers may use, separated by commas."),
    SettingDoc(
        "FACE_KEYS_FILE",
        "",
        "A local.settings.json whose FACE_KEYS is used, and read again every 30 s, where FACE_KEYS"
        " is not set.",
    ),
    SettingDoc("FACE_STORE", SQLITE, "Where documents live: sqlite, or cosmos (Cosmos DB)."),
    SettingDoc(
        "COSMOS_ENDPOINT",
        "",
        "Address of the Cosmos DB account; needed where FACE_STORE is cosmos.",
    ),
    SettingDoc(
        "COSMOS_KEY",
        "",
        "Key of that account: missing database and containers are then made. Without it the"
        " service signs in by DefaultAzureCredential and never makes any.",
    ),
    SettingDoc("COSMOS_DATABASE", DEFAULT_DATABASE, "Name of the database in that account."),
    SettingDoc("AZURE_CLIENT_ID", "", "Which user-assigned identity to use, where there is one."),
    SettingDoc("FACE_DATA_DIR", ".local", "Folder of the SQLite file and the snapshot cache."),
    SettingDoc("FACE_CACHE_MAX_BYTES", "600000000", "Bytes of snapshots kept on local disk."),
    SettingDoc("FACE_URL_ALLOW_PRIVATE", "false", "Fetch image URLs from private addresses too."),
    SettingDoc("FACE_INFERENCE_CONCURRENCY", "the cores", "Photographs looked at side by side."),
    SettingDoc(
        "FACE_INFERENCE_WAITING", "32", "Requests that may wait for that; the next gets 503."
    ),
    SettingDoc(
        "FACE_UPLOAD_RETENTION_DAYS", "7", "Days after which uploads and results are deleted."
    ),
    SettingDoc("FACE_TIER", "S0", "Whose quotas hold: those of Azure's tier S0 or F0."),
    SettingDoc(
        "FACE_QUOTAS",
        "",
        "Quotas that differ from the tier's, as in Person.faces=100,PersonGroup.count=50; a wrong"
        " name is answered with all names.",
    ),
    SettingDoc(
        "AzureWebJobsStorage",
        "",
        "Connection string of the storage account; or the identity-based settings"
        " AzureWebJobsStorage__blobServiceUri, AzureWebJobsStorage__queueServiceUri and"
        " AzureWebJobsStorage__clientId.",
    ),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator decided. It holds no caller's key, only where they are read from.

    Attributes:
        cosmos: where documents live; None: in SQLite, in the data directory.
    """

    keys_file: Path | None
    cosmos: CosmosConnection | None
    data_directory: Path
    cache_maximum_bytes: int
    url_allow_private: bool
    inference_concurrency: int
    inference_waiting: int
    upload_retention_days: int
    quotas: Quotas
    storage: StorageConnection

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read the settings.

        Raises:
            InvalidSettings: one or more are missing or wrong; it names every one.
        """
        reader = _Reader(environment)
        settings = cls(
            keys_file=_keys_file(reader),
            cosmos=_cosmos(reader),
            data_directory=reader.value("FACE_DATA_DIR", ".local", _path),
            cache_maximum_bytes=reader.value(
                "FACE_CACHE_MAX_BYTES", "600000000", _whole(1_000_000, 10**12)
            ),
            url_allow_private=reader.value("FACE_URL_ALLOW_PRIVATE", "false", _flag),
            inference_concurrency=reader.value(
                "FACE_INFERENCE_CONCURRENCY", str(os.cpu_count() or 1), _whole(1, 256)
            ),
            inference_waiting=reader.value("FACE_INFERENCE_WAITING", "32", _whole(0, 10_000)),
            upload_retention_days=reader.value("FACE_UPLOAD_RETENTION_DAYS", "7", _whole(1, 3650)),
            quotas=_quotas(reader),
            storage=_storage(reader),
        )
        if reader.problems:
            raise InvalidSettings(reader.problems)
        return settings


class _Reader:
    """Reads settings one by one and gathers what is wrong with them."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.problems: list[str] = []

    def text(self, name: str) -> str | None:
        return self.environment.get(name, "").strip() or None

    def value(self, name: str, default: str, parse: Callable[[str], _T]) -> _T:
        text = self.text(name)
        if text is None:
            return parse(default)
        try:
            return parse(text)
        except ValueError as error:
            self.problems.append(f"{name} must be {error}.")
            return parse(default)


def _keys_file(reader: _Reader) -> Path | None:
    keys, file = reader.text("FACE_KEYS"), reader.text("FACE_KEYS_FILE")
    if keys is None and file is None:
        reader.problems.append("FACE_KEYS must hold at least one key.")
    if keys is not None and keys.startswith(_PLACEHOLDER):
        reader.problems.append("FACE_KEYS still holds the example's placeholder; choose a key.")
    return Path(file) if file is not None and keys is None else None


def _cosmos(reader: _Reader) -> CosmosConnection | None:
    if reader.value("FACE_STORE", SQLITE, _one_of(STORES)) == SQLITE:
        return None
    return CosmosConnection(
        endpoint=_cosmos_endpoint(reader),
        database=reader.text("COSMOS_DATABASE") or DEFAULT_DATABASE,
        key=reader.text("COSMOS_KEY"),
        client_id=reader.text("AZURE_CLIENT_ID"),
    )


def _cosmos_endpoint(reader: _Reader) -> str:
    endpoint = reader.text("COSMOS_ENDPOINT")
    if endpoint is None:
        reader.problems.append(
            "COSMOS_ENDPOINT must hold the address of the Cosmos DB account, because FACE_STORE is"
            " cosmos."
        )
        return ""
    address = urlsplit(endpoint)
    if address.scheme not in ("https", "http") or not address.hostname:
        reader.problems.append(
            "COSMOS_ENDPOINT must be an address such as https://name.documents.azure.com:443/."
        )
    return endpoint


def _storage(reader: _Reader) -> StorageConnection:
    location = StorageConnection(
        reader.text("AzureWebJobsStorage"),
        reader.text("AzureWebJobsStorage__blobServiceUri"),
        reader.text("AzureWebJobsStorage__queueServiceUri"),
        reader.text("AzureWebJobsStorage__clientId"),
    )
    if location.connection_string is None and None in (location.blob_uri, location.queue_uri):
        reader.problems.append(
            "AzureWebJobsStorage must be a connection string, or both"
            " AzureWebJobsStorage__blobServiceUri and AzureWebJobsStorage__queueServiceUri set."
        )
    return location


def _quotas(reader: _Reader) -> Quotas:
    tier = TIERS[reader.value("FACE_TIER", "S0", _one_of(tuple(TIERS)))]
    return reader.value("FACE_QUOTAS", "", lambda text: adjusted(tier, text))


def _one_of(choices: tuple[str, ...]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(f"one of {', '.join(choices)}")
        return text

    return parse


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return int(text)

    return parse


def _flag(text: str) -> bool:
    if text.lower() not in ("true", "false", "1", "0"):
        raise ValueError("true or false")
    return text.lower() in ("true", "1")


def _path(text: str) -> Path:
    return Path(text).expanduser().resolve()
