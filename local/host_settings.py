"""The settings of host.json that the local host follows."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.domain.errors import ConfigurationError

_DURATION = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})(?:\.(\d{1,7}))?")


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """`extensions.queues`; durations in seconds, defaults are the Functions host's own."""

    max_polling_interval: float = 60.0
    visibility_timeout: float = 0.0
    batch_size: int = 16
    new_batch_threshold: int = 8
    max_dequeue_count: int = 5
    base64: bool = True


@dataclass(frozen=True, slots=True)
class BlobSettings:
    """`extensions.blobs`."""

    max_degree_of_parallelism: int = 8
    poison_blob_threshold: int = 5


@dataclass(frozen=True, slots=True)
class HostSettings:
    """The settings of host.json."""

    route_prefix: str = "api"
    queues: QueueSettings = QueueSettings()
    blobs: BlobSettings = BlobSettings()


def read_host_settings(path: Path) -> HostSettings:
    """Read host.json; absent settings have the Functions host's defaults.

    Raises:
        ConfigurationError: the file is not a JSON object, or a value has the wrong type.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        extensions = content.get("extensions", {})
        return HostSettings(
            route_prefix=str(extensions.get("http", {}).get("routePrefix", "api")).strip("/"),
            queues=_queue_settings(extensions.get("queues", {})),
            blobs=_blob_settings(extensions.get("blobs", {})),
        )
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ConfigurationError(f"{path} is not usable: {error}") from error


def _queue_settings(section: Mapping[str, object]) -> QueueSettings:
    default = QueueSettings()
    batch_size = _integer(section.get("batchSize"), default.batch_size)
    return QueueSettings(
        max_polling_interval=_seconds(
            section.get("maxPollingInterval"), default.max_polling_interval
        ),
        visibility_timeout=_seconds(section.get("visibilityTimeout"), default.visibility_timeout),
        batch_size=batch_size,
        new_batch_threshold=_integer(section.get("newBatchThreshold"), batch_size // 2),
        max_dequeue_count=_integer(section.get("maxDequeueCount"), default.max_dequeue_count),
        base64=str(section.get("messageEncoding", "base64")).lower() == "base64",
    )


def _blob_settings(section: Mapping[str, object]) -> BlobSettings:
    default = BlobSettings()
    return BlobSettings(
        max_degree_of_parallelism=_integer(
            section.get("maxDegreeOfParallelism"), default.max_degree_of_parallelism
        ),
        poison_blob_threshold=_integer(
            section.get("poisonBlobThreshold"), default.poison_blob_threshold
        ),
    )


def _integer(value: object, default: int) -> int:
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{value!r} is not a whole number")
    return value


def _seconds(value: object, default: float) -> float:
    """A .NET time span, `[d.]hh:mm:ss[.fffffff]`, in seconds."""
    if value is None:
        return default
    parts = _DURATION.fullmatch(str(value))
    if parts is None:
        raise ValueError(f"{value!r} is not a duration of the form hh:mm:ss")
    days, hours, minutes, seconds = (int(part or 0) for part in parts.groups()[:4])
    fraction = float(f"0.{parts[5] or 0}")
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds + fraction
