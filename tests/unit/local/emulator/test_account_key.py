"""The storage emulator is opened by a key of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from local.emulator.azurite import PUBLISHED_KEY, Azurite, load_or_make_key
from shared.domain.errors import ConfigurationError


def test_the_published_key_opens_neither_blobs_nor_queues(tmp_path: Path) -> None:
    emulator = Azurite(tmp_path, usual_ports=False)
    try:
        own = emulator.wait()
        key = own.partition("AccountKey=")[2].partition(";")[0]
        published = own.replace(key, PUBLISHED_KEY)
        with (
            BlobServiceClient.from_connection_string(own) as blobs,
            QueueServiceClient.from_connection_string(own) as queues,
            BlobServiceClient.from_connection_string(published) as no_blobs,
            QueueServiceClient.from_connection_string(published) as no_queues,
        ):
            assert [*blobs.list_containers(), *queues.list_queues()] == []
            for listing in (no_blobs.list_containers, no_queues.list_queues):
                with pytest.raises(HttpResponseError, match="failed to authenticate"):
                    list(listing())
    finally:
        emulator.stop()


def test_the_key_is_kept_in_a_file_of_its_owner(tmp_path: Path) -> None:
    file = tmp_path / "account_key"
    key = load_or_make_key(file)
    assert load_or_make_key(file) == key
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_key_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "account_key"
    file.write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match="delete it for a new key"):
        load_or_make_key(file)
