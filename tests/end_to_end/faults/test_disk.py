"""What a stopped or killed host leaves in its data folder."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from azure.storage.blob import BlobServiceClient

from tests.end_to_end.service import RunningService, emulator_of
from tests.images import portrait


def bytes_of(folder: Path, needle: bytes) -> list[str]:
    """The files below a folder that contain some bytes."""
    return sorted(
        file.relative_to(folder).as_posix()
        for file in folder.rglob("*")
        if file.is_file() and needle in file.read_bytes()
    )


def delete_a_named_person(service: RunningService, name: str) -> None:
    service.ok("PUT", "persongroups/disk", {"name": "disk"})
    path = "persongroups/disk/persons"
    person = service.ok("POST", path, {"name": name, "userData": name})["personId"]
    service.ok("DELETE", f"{path}/{person}")


def test_nothing_of_a_deleted_person_is_on_disk_after_a_stop(tmp_path: Path) -> None:
    with RunningService(tmp_path) as service:
        delete_a_named_person(service, "SECRETNAME")
        assert service.stop() == 0
    assert bytes_of(tmp_path, b"SECRETNAME") == []
    assert not list(tmp_path.glob("*-wal"))


def test_nothing_of_a_deleted_person_is_on_disk_after_a_kill_and_a_start(tmp_path: Path) -> None:
    with RunningService(tmp_path) as service:
        delete_a_named_person(service, "SECRETNAME")
        service.stop(signal.SIGKILL)
    assert bytes_of(tmp_path, b"SECRETNAME") != []
    (tmp_path / "training" / "tmpkilled").mkdir(parents=True)
    (tmp_path / "training" / "tmpkilled" / "rows").write_bytes(b"half a snapshot")
    with RunningService(tmp_path) as service:
        assert service.ok("GET", "persongroups/disk/persons") == []
        assert bytes_of(tmp_path, b"SECRETNAME") == []
        assert bytes_of(tmp_path, b"half a snapshot") == []


def test_the_host_ends_soon_after_its_storage_was_killed(tmp_path: Path) -> None:
    with RunningService(tmp_path) as service:
        with BlobServiceClient.from_connection_string(service.storage) as blobs:
            for number in range(6):
                blobs.get_blob_client("uploads", f"{number}.jpg").upload_blob(
                    portrait("person_a_1").read_bytes()
                )
        os.kill(emulator_of(service.process.pid), signal.SIGKILL)
        assert service.process.wait(timeout=2 * 16) == 1  # twice what `local.launch._stop` says
