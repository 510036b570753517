"""What the storage emulator keeps when it is killed, and what it deletes."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from pathlib import Path
from threading import Semaphore

import pytest
from azure.core.exceptions import AzureError, ResourceExistsError
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from local.emulator.adaptations import ADAPTATIONS, adapted
from local.emulator.azurite import Azurite
from local.emulator.install import BUNDLE


def test_the_installed_bundle_is_adapted() -> None:
    text = BUNDLE.read_text("utf-8")
    missing = [one.replacement for one in ADAPTATIONS if one.replacement not in text]
    assert missing == [], "run `python -m local.emulator.install`"


def test_another_version_of_azurite_is_refused() -> None:
    with pytest.raises(ValueError, match="changed"):
        adapted("another text")


def test_a_killed_emulator_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    emulator = Azurite(tmp_path, usual_ports=False)
    storage = emulator.wait()
    with (
        BlobServiceClient.from_connection_string(storage) as blobs,
        QueueServiceClient.from_connection_string(storage) as queues,
    ):
        blobs.create_container("kept")
        queues.create_queue("kept")
        for number in range(20):
            blobs.get_blob_client("kept", f"{number}").upload_blob(b"content")
            queues.get_queue_client("kept").send_message(f"{number}")
        blobs.get_blob_client("kept", "deleted").upload_blob(b"content")
        blobs.get_blob_client("kept", "deleted").delete_blob()
        os.kill(emulator.pid, signal.SIGKILL)
    emulator.stop()
    for journal in tmp_path.glob("*.journal"):
        with journal.open("a") as file:
            file.write('["a change that the kill cut sh')

    again = Azurite(tmp_path, usual_ports=False)
    try:
        storage = again.wait()
        with (
            BlobServiceClient.from_connection_string(storage) as blobs,
            QueueServiceClient.from_connection_string(storage) as queues,
        ):
            container = blobs.get_container_client("kept")
            contents = [
                container.download_blob(blob.name).readall() for blob in container.list_blobs()
            ]
            messages = queues.get_queue_client("kept").peek_messages(32)
            queues.get_queue_client("kept").send_message("another")
        assert contents == [b"content"] * 20
        assert {str(message.content) for message in messages} == {f"{n}" for n in range(20)}
    finally:
        again.stop()


def test_a_stopped_emulator_has_nothing_of_what_was_deleted_in_its_tables(tmp_path: Path) -> None:
    emulator = Azurite(tmp_path, usual_ports=False)
    with BlobServiceClient.from_connection_string(emulator.wait()) as blobs:
        blobs.create_container("names")
        for name in ("kept", "SECRET"):
            blobs.get_blob_client("names", name).upload_blob(b"content")
        blobs.get_blob_client("names", "SECRET").delete_blob()
    emulator.stop()
    texts = [file.read_text("utf-8") for file in tmp_path.iterdir() if file.is_file()]
    assert any('"kept"' in text for text in texts)
    assert not any("SECRET" in text for text in texts)
    assert not list(tmp_path.glob("*.journal"))


def test_whatever_a_killed_emulator_has_can_be_read(tmp_path: Path) -> None:
    """Its two tables, of the blobs and of their files, are of one moment."""
    for turn in range(3):
        emulator = Azurite(tmp_path, usual_ports=False)
        storage = emulator.wait()
        acknowledged = Semaphore(0)
        with ThreadPoolExecutor(4) as threads:
            for thread in range(4):
                threads.submit(_upload_until_killed, storage, f"{turn}-{thread}", acknowledged)
            try:
                for _ in range(20 + 7 * turn):
                    assert acknowledged.acquire(timeout=60)
            finally:
                os.kill(emulator.pid, signal.SIGKILL)
        emulator.stop()

    again = Azurite(tmp_path, usual_ports=False)
    try:
        with BlobServiceClient.from_connection_string(again.wait(), retry_total=0) as blobs:
            container = blobs.get_container_client("read")
            names = [blob.name for blob in container.list_blobs()]
            assert len(names) > 50
            assert all(container.download_blob(name).readall() == b"content" for name in names)
    finally:
        again.stop()


def _upload_until_killed(storage: str, prefix: str, acknowledged: Semaphore) -> None:
    with (
        BlobServiceClient.from_connection_string(storage, retry_total=0) as blobs,
        suppress(AzureError),
    ):
        with suppress(ResourceExistsError):
            blobs.create_container("read")
        for number in count():
            blobs.get_blob_client("read", f"{prefix}-{number}").upload_blob(b"content")
            acknowledged.release()


def test_every_blob_is_a_file_of_its_own_that_can_go_with_it(tmp_path: Path) -> None:
    emulator = Azurite(tmp_path, usual_ports=False)
    try:
        with BlobServiceClient.from_connection_string(emulator.wait()) as blobs:
            blobs.create_container("own")
            for number in range(5):
                blobs.get_blob_client("own", f"{number}").upload_blob(b"content")
        files = [file for file in (tmp_path / "__blobstorage__").iterdir() if file.stat().st_size]
        assert [file.read_bytes() for file in files] == [b"content"] * 5
    finally:
        emulator.stop()
