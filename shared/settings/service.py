"""The service's settings: one frozen object, built once from the environment.

A setting is one line in a group: here, or in the module that it configures. Every problem of an
environment is reported at once.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.domain.custom_model import CustomModel
from shared.domain.errors import InvalidSettings
from shared.domain.models import RECOGNITION_MODELS, Precision
from shared.domain.quotas import TIERS, Quotas, adjusted
from shared.settings.access import ACCESS_GROUPS, AccessSettings, read_access
from shared.settings.custom_model import ModelSettings, read_custom_model
from shared.settings.declaration import (
    SettingReader,
    declared,
    part,
    setting,
    settings_of,
)
from shared.settings.one_machine import OneMachineSettings
from shared.settings.parsers import (
    file_or_blob,
    flag,
    member_of,
    number,
    one_of,
    switch,
    whole,
)
from shared.settings.process import DATA_DIRECTORY
from shared.settings.store import STORE_GROUPS, StoreSettings, read_account, read_store
from shared.storage.account.location import StorageConnection
from shared.storage.documents.location import StoreLocation


def _quotas(text: str) -> str:
    adjusted(TIERS["S0"], text)
    return text


@dataclass(frozen=True, slots=True)
class QuotaSettings:
    """Quotas, as the environment gives them."""

    tier: str = setting(
        "FACE_TIER", "S0", one_of(tuple(TIERS)), "Quotas of Azure's tier S0 or F0 hold."
    )
    differences: str = setting(
        "FACE_QUOTAS",
        "",
        _quotas,
        "Quotas that differ from the tier's, as in Person.faces=100,PersonGroup.count=50; the"
        " answer to a wrong name lists all names.",
    )


def read_quotas(reader: SettingReader) -> Quotas:
    """The tier's quotas with the operator's changes."""
    chosen = reader.group(QuotaSettings)
    return adjusted(TIERS[chosen.tier], chosen.differences)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The service's settings. They contain no caller's key, only where keys are read from."""

    access: AccessSettings = part(read_access, *ACCESS_GROUPS)
    store: StoreSettings = part(read_store, *STORE_GROUPS)
    data_directory: Path = declared(DATA_DIRECTORY)
    cache_maximum_bytes: int = setting(
        "FACE_CACHE_MAX_BYTES",
        "600000000",
        whole(1_000_000, 10**12),
        "Maximum bytes of cached snapshots on the local disk.",
        left_out="the default is made for an instance's temporary disk",
    )
    url_allow_private: bool = setting(
        "FACE_URL_ALLOW_PRIVATE",
        "false",
        flag,
        "Fetch image URLs from private addresses too.",
        left_out="a service on Azure must not fetch private addresses for its callers",
    )
    detect_minimum_pixels: int = setting(
        "FACE_DETECT_MIN_PIXELS",
        "36",
        whole(8, 4096),
        "Longer side of the smallest face that is reported, in an image of up to 1920 by 1080"
        " pixels; in larger ones it grows with the root of their area. Below 24 images are"
        " enlarged, up to twice, which costs up to four times the time.",
    )
    precision: Precision = setting(
        "FACE_PRECISION",
        "auto",
        member_of(Precision),
        "Arithmetic of SFace: float32, int8, or auto, which is int8 where the processor has"
        " instructions for it (VNNI). Embeddings of both are comparable.",
        left_out="auto depends on the processor of the instance",
    )
    disable_telemetry: str = setting(
        "ORT_DISABLE_TELEMETRY",
        "1",
        one_of(("0", "1")),
        "1: onnxruntime sends Microsoft no telemetry. 0: it does. Read when it is imported.",
        example="1",
    )
    inference_concurrency: int = setting(
        "FACE_INFERENCE_CONCURRENCY",
        str(os.cpu_count() or 1),
        whole(1, 256),
        "Images analysed concurrently.",
        shown_default="the cores",
        left_out="the default is the cores of the instance",
    )
    inference_waiting: int = setting(
        "FACE_INFERENCE_WAITING",
        "32",
        whole(0, 10_000),
        "Requests that may wait for that; further ones get 503.",
        left_out="the default serves every instance size",
    )
    identify_margin: float = setting(
        "FACE_IDENTIFY_MARGIN",
        "0",
        number(0, 1),
        "Minimum difference of confidence, 0 to 1, between the best and the second-best person"
        " in identify; below it there is no candidate. 0: no such rule, as in Azure.",
    )
    identify_false_positives: float = setting(
        "FACE_IDENTIFY_FALSE_POSITIVES",
        "0.01",
        number(0.001, 0.2),
        "Share of strangers, 0.001 to 0.2, that identify may name where the caller gives no"
        " confidenceThreshold: it moves the default threshold, which is 0.5 at 0.01.",
    )
    cohort_file: str = setting(
        "FACE_COHORT",
        "",
        file_or_blob,
        "File that the command cohort made: the path, or blob:container/name in the service's"
        " storage account. Verify, find similar, group, duplicates, and identify among few persons"
        " then accept fewer pairs of faces that resemble many others, as small children's do."
        " Empty: cosines are used as they are.",
    )
    console: bool = setting(
        "FACE_CONSOLE",
        "on",
        switch,
        "on: the console is at /console. off: neither it nor its one-time code exists.",
    )
    upload_retention_days: int = setting(
        "FACE_UPLOAD_RETENTION_DAYS",
        "7",
        whole(1, 3650),
        "Days after which uploads and results are deleted.",
    )
    train_when_quiet: int = setting(
        "FACE_TRAIN_WHEN_QUIET",
        "30",
        whole(0, 86_400),
        "Seconds after the last enrolment by upload after which a collection is trained by itself;"
        " 0: it never is.",
    )
    unknown_retention_days: int = setting(
        "FACE_UNKNOWN_RETENTION_DAYS",
        "0",
        whole(0, 90),
        "Days for which embeddings of unknown faces of uploads are kept, in clusters"
        " (docs/lineament.md). 0: none are kept.",
    )
    quotas: Quotas = part(read_quotas, QuotaSettings)
    custom_model: CustomModel | None = part(read_custom_model, ModelSettings)
    storage: StorageConnection = part(read_account, StorageConnection)

    @property
    def recognition_models(self) -> tuple[str, ...]:
        """The names that callers may send: Azure's, and the custom model's."""
        own = () if self.custom_model is None else (self.custom_model.name,)
        return RECOGNITION_MODELS + own

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read the settings.

        Raises:
            InvalidSettings: one or more are missing or invalid; the message names all of them.
        """
        reader = SettingReader(environment)
        settings = reader.group(cls)
        if reader.problems:
            raise InvalidSettings(reader.problems)
        return settings


SETTINGS = tuple(
    {
        one.name: one for group in (Settings, OneMachineSettings) for one in settings_of(group)
    }.values()
)
"""Every setting of the service and of the one-machine host, once."""


def store_location(environment: Mapping[str, str]) -> StoreLocation:
    """The location of the document store. For tools that need no other setting.

    Raises:
        InvalidSettings: a setting of the location is missing or invalid.
    """
    reader = SettingReader(environment)
    store = read_store(reader)
    if reader.problems:
        raise InvalidSettings(reader.problems)
    return store.location
