"""The settings: one frozen object, built once from the environment, every bad value reported."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from shared.domain.custom_model import CustomModel
from shared.domain.errors import InvalidSettings
from shared.domain.models import RECOGNITION_MODELS, Precision
from shared.domain.quotas import TIERS, Quotas, adjusted
from shared.settings.access import ACCESS_SETTINGS, AccessSettings, read_access
from shared.settings.custom_model import MODEL_SETTINGS, read_custom_model
from shared.settings.reader import SettingDoc, SettingReader, flag, fraction, one_of, path, whole
from shared.storage.account.location import StorageConnection
from shared.storage.documents.cosmos.location import DEFAULT_DATABASE, CosmosConnection

SQLITE = "sqlite"
COSMOS = "cosmos"
STORES = (SQLITE, COSMOS)

NEVER = "never"
ALWAYS = "always"


SETTINGS = (
    *ACCESS_SETTINGS,
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
    SettingDoc(
        "FACE_VECTOR_INDEX",
        NEVER,
        "Which collections Cosmos DB's vector index searches, from their next training on: never,"
        " always, or those of so many faces and more. Needs FACE_STORE to be cosmos.",
    ),
    SettingDoc("AZURE_CLIENT_ID", "", "Which user-assigned identity to use, where there is one."),
    SettingDoc("FACE_DATA_DIR", ".local", "Folder of the SQLite file and the snapshot cache."),
    SettingDoc("FACE_CACHE_MAX_BYTES", "600000000", "Bytes of snapshots kept on local disk."),
    SettingDoc("FACE_URL_ALLOW_PRIVATE", "false", "Fetch image URLs from private addresses too."),
    SettingDoc(
        "FACE_DETECT_MIN_PIXELS",
        "36",
        "Longer side of the smallest face that is reported, in a picture up to 1920 by 1080; below"
        " 24 pictures are enlarged, up to twice, which costs up to four times the time.",
    ),
    SettingDoc(
        "FACE_PRECISION",
        "auto",
        "In what SFace computes: float32, int8, or auto, which is int8 where the processor has"
        " instructions for it (VNNI). Embeddings of both may be compared.",
    ),
    SettingDoc("FACE_INFERENCE_CONCURRENCY", "the cores", "Photographs looked at side by side."),
    SettingDoc(
        "FACE_INFERENCE_WAITING", "32", "Requests that may wait for that; the next gets 503."
    ),
    SettingDoc(
        "FACE_IDENTIFY_MARGIN",
        "0",
        "Least difference of confidence, 0 to 1, by which the best person must lead the second-best"
        " in identify; if it is less, there is no candidate. 0: no such rule, as in Azure.",
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
    *MODEL_SETTINGS,
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
        vector_index_from: faces from which a collection is searched by Cosmos DB; None: none is.
    """

    access: AccessSettings
    cosmos: CosmosConnection | None
    vector_index_from: int | None
    data_directory: Path
    cache_maximum_bytes: int
    url_allow_private: bool
    detect_minimum_pixels: int
    precision: Precision
    inference_concurrency: int
    inference_waiting: int
    identify_margin: float
    upload_retention_days: int
    quotas: Quotas
    custom_model: CustomModel | None
    storage: StorageConnection

    @property
    def recognition_models(self) -> tuple[str, ...]:
        """The names that callers may ask for: Azure's, and that of the operator's own model."""
        own = () if self.custom_model is None else (self.custom_model.name,)
        return RECOGNITION_MODELS + own

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read the settings.

        Raises:
            InvalidSettings: one or more are missing or wrong; it names every one.
        """
        reader = SettingReader(environment)
        settings = cls(
            access=read_access(reader),
            cosmos=_cosmos(reader),
            vector_index_from=_vector_index_from(reader),
            data_directory=reader.value("FACE_DATA_DIR", ".local", path),
            cache_maximum_bytes=reader.value(
                "FACE_CACHE_MAX_BYTES", "600000000", whole(1_000_000, 10**12)
            ),
            url_allow_private=reader.value("FACE_URL_ALLOW_PRIVATE", "false", flag),
            detect_minimum_pixels=reader.value("FACE_DETECT_MIN_PIXELS", "36", whole(8, 4096)),
            precision=Precision(reader.value("FACE_PRECISION", "auto", one_of(tuple(Precision)))),
            inference_concurrency=reader.value(
                "FACE_INFERENCE_CONCURRENCY", str(os.cpu_count() or 1), whole(1, 256)
            ),
            inference_waiting=reader.value("FACE_INFERENCE_WAITING", "32", whole(0, 10_000)),
            identify_margin=reader.value("FACE_IDENTIFY_MARGIN", "0", fraction),
            upload_retention_days=reader.value("FACE_UPLOAD_RETENTION_DAYS", "7", whole(1, 3650)),
            quotas=_quotas(reader),
            custom_model=read_custom_model(reader),
            storage=_storage(reader),
        )
        if reader.problems:
            raise InvalidSettings(reader.problems)
        return settings


def document_location(environment: Mapping[str, str]) -> tuple[CosmosConnection | None, Path]:
    """Where documents live: Cosmos DB or None, and the data directory. For tools.

    Raises:
        InvalidSettings: a setting that says so is missing or wrong.
    """
    reader = SettingReader(environment)
    location = _cosmos(reader), reader.value("FACE_DATA_DIR", ".local", path)
    if reader.problems:
        raise InvalidSettings(reader.problems)
    return location


def _cosmos(reader: SettingReader) -> CosmosConnection | None:
    if reader.value("FACE_STORE", SQLITE, one_of(STORES)) == SQLITE:
        return None
    return CosmosConnection(
        endpoint=_cosmos_endpoint(reader),
        database=reader.text("COSMOS_DATABASE") or DEFAULT_DATABASE,
        key=reader.text("COSMOS_KEY"),
        client_id=reader.text("AZURE_CLIENT_ID"),
    )


def _vector_index_from(reader: SettingReader) -> int | None:
    faces = reader.value("FACE_VECTOR_INDEX", NEVER, _faces_from)
    if faces is not None and reader.text("FACE_STORE") != COSMOS:
        reader.problems.append(
            "FACE_VECTOR_INDEX must be never unless FACE_STORE is cosmos: the index is Cosmos DB's."
        )
    return faces


def _faces_from(text: str) -> int | None:
    """Reads from how many faces on; None: never."""
    if text in (NEVER, ALWAYS):
        return None if text == NEVER else 0
    if not text.isdecimal() or not 1 <= int(text) <= 10**9:
        raise ValueError(f"{NEVER}, {ALWAYS}, or a number of faces from 1 to 1000000000")
    return int(text)


def _cosmos_endpoint(reader: SettingReader) -> str:
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


def _storage(reader: SettingReader) -> StorageConnection:
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


def _quotas(reader: SettingReader) -> Quotas:
    tier = TIERS[reader.value("FACE_TIER", "S0", one_of(tuple(TIERS)))]
    return reader.value("FACE_QUOTAS", "", lambda text: adjusted(tier, text))
