"""host.json: the app's settings, and the Functions host's defaults for absent ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.host_settings import BlobSettings, HostSettings, QueueSettings, read_host_settings
from shared.domain.errors import ConfigurationError

ROOT = Path(__file__).resolve().parents[3]


def test_the_app_s_own_file_has_these_settings() -> None:
    settings = read_host_settings(ROOT / "host.json")
    assert settings.route_prefix == ""
    assert settings.queues == QueueSettings(
        max_polling_interval=2.0,
        visibility_timeout=10.0,
        batch_size=1,
        new_batch_threshold=0,
        max_dequeue_count=5,
        base64=True,
    )
    assert settings.blobs == BlobSettings(max_degree_of_parallelism=2, poison_blob_threshold=5)


def test_an_empty_file_has_the_functions_host_s_defaults(tmp_path: Path) -> None:
    file = tmp_path / "host.json"
    file.write_text('{"version": "2.0"}')
    assert read_host_settings(file) == HostSettings("api", QueueSettings(), BlobSettings())


def test_durations_may_have_days_and_fractions(tmp_path: Path) -> None:
    file = tmp_path / "host.json"
    file.write_text('{"extensions": {"queues": {"visibilityTimeout": "1.02:03:04.5"}}}')
    assert read_host_settings(file).queues.visibility_timeout == 93784.5


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"extensions": {"queues": {"batchSize": "2"}}}',
        '{"extensions": {"queues": {"visibilityTimeout": "10"}}}',
    ],
)
def test_a_malformed_file_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "host.json"
    file.write_text(content)
    with pytest.raises(ConfigurationError, match=r"host\.json"):
        read_host_settings(file)
