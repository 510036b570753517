"""A full or read-only disk under the data folder is reported with its reason."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.service import RunningService, eventually
from tests.images import portrait

MOUNTED = 'mount -t tmpfs -o "$0" tmpfs "$1" && shift && exec "$@"'
"""Gives the command a small disk of its own, which ends with its process."""

WRITING = "write,pwrite64,pwritev,ftruncate,fallocate"
"""System calls that SQLite writes with."""


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to mount on; skips where this user may make no namespace."""
    folder = tmp_path_factory.mktemp("disk")
    try:
        trial = subprocess.run([*on_disk(folder), "true"], capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("unshare (util-linux) is not installed")
    if trial.returncode != 0:
        pytest.skip(f"no disk can be mounted here: {trial.stderr.strip()[:200]}")
    return folder


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, small_disk: Path) -> Iterator[RunningService]:
    """A service whose data folder is a small disk; every test leaves it writable."""
    settings = {"FACE_DATA_DIR": str(small_disk)}
    folder = tmp_path_factory.mktemp("service")
    with RunningService(folder, settings, on_disk(small_disk)) as running:
        yield running


def on_disk(folder: Path, options: str = "size=48m") -> tuple[str, ...]:
    """The prefix that runs a command, in its own process, with the small disk on that folder."""
    shell = ("sh", "-c", MOUNTED, options, str(folder))
    return ("unshare", "--map-root-user", "--mount", *shell)


def fill(file: Path) -> None:
    """Write until the disk is full."""
    with file.open("wb", buffering=0) as filling, pytest.raises(OSError, match="No space left"):
        while True:
            filling.write(bytes(4_096))


@contextmanager
def read_only(service: RunningService, folder: Path) -> Iterator[None]:
    """Let every write to the disk fail with EROFS meanwhile, as after an error of the file system.

    Linux refuses to make a mount read-only while files on it are open for writing. So a read-only
    mount covers the disk, for what is opened from now on, and strace lets writes to the files of
    the document store fail, which stay open.
    """
    inside = ("nsenter", "--target", str(service.process.pid), "--user", "--mount")
    command = (*inside, "--preserve-credentials")
    files = [f"{folder}/lineament.sqlite{ending}" for ending in ("", "-wal", "-shm")]
    traced = ("strace", "-f", "-qqq", "-o", "/dev/null", "-p", str(service.process.pid))
    paths = [option for file in files for option in ("-P", file)]
    failing = ("-e", f"trace={WRITING}", "-e", f"inject={WRITING}:error=EROFS")
    subprocess.run([*command, "mount", "--bind", str(folder), str(folder)], check=True)
    try:
        subprocess.run([*command, "mount", "-o", "remount,bind,ro", str(folder)], check=True)
        with subprocess.Popen([*traced, *paths, *failing]) as strace:
            try:
                eventually(lambda: is_traced(service.process.pid) or strace.poll())
                if strace.poll() is not None:
                    pytest.skip("strace may not attach to the service here")
                yield
            finally:
                strace.terminate()
    finally:
        subprocess.run([*command, "umount", str(folder)], check=True)


def is_traced(process: int) -> bool | None:
    """Whether strace is attached to every thread of a process; None: not yet."""
    statuses = [file.read_text() for file in Path(f"/proc/{process}/task").glob("*/status")]
    return None if any("TracerPid:\t0\n" in status for status in statuses) else True


def test_a_full_disk_is_answered_503_with_the_reason_until_it_has_room(
    service: RunningService, small_disk: Path
) -> None:
    path = "persongroups/full"
    group = {"name": "before", "userData": "x" * 10_000}
    service.ok("PUT", path, group)
    filler = Path(f"/proc/{service.process.pid}/root{small_disk}/filler")
    fill(filler)

    refused = eventually(lambda: refusal(service, path, {"userData": "y" * 10_000}))
    assert "no space left on its disk" in refused["error"]["message"]
    health = eventually(lambda: unhealthy(service))
    assert "no space left on its disk" in health["reason"]
    assert service.ok("GET", path)["name"] == "before"

    filler.unlink()
    service.ok("PATCH", path, {"name": "after"})
    eventually(lambda: service.client.get("/health").status_code == 200 or None)
    assert service.ok("GET", path)["name"] == "after"
    assert "Traceback" not in (service.data / "host.log").read_text("utf-8")


def test_uploads_to_a_full_disk_are_refused_and_what_storage_has_stays(
    service: RunningService, small_disk: Path
) -> None:
    image = portrait("person_a_1").read_bytes()
    service.own("PUT", "uploads/before.jpg", image=image)
    result = eventually(lambda: succeeded(service, "before.jpg"))
    filler = Path(f"/proc/{service.process.pid}/root{small_disk}/filler")
    fill(filler)

    response = service.call_own("PUT", "uploads/full.jpg", image=image)
    assert response.status_code == 503, response.text
    assert "retry-after" in response.headers
    assert succeeded(service, "before.jpg") == result

    filler.unlink()
    service.own("PUT", "uploads/after.jpg", image=image)
    eventually(lambda: succeeded(service, "after.jpg"))
    assert succeeded(service, "before.jpg") == result


@pytest.mark.skipif(
    not all(map(shutil.which, ("nsenter", "strace"))), reason="nsenter or strace is missing"
)
def test_a_disk_that_becomes_read_only_refuses_writes_until_it_can_be_written_again(
    service: RunningService, small_disk: Path
) -> None:
    image = portrait("person_a_1").read_bytes()
    group = "largepersongroups/ro"
    service.ok("PUT", group, {"name": "before"})
    person = (
        f"{group}/persons/{service.ok('POST', f'{group}/persons', {'name': 'Ada'})['personId']}"
    )
    service.ok("POST", f"{person}/persistedfaces", image=image)
    assert service.train(group)["status"] == "succeeded"
    probe = {"faceIds": service.faces(image), "largePersonGroupId": "ro"}
    found = service.ok("POST", "identify", probe)
    assert len(found[0]["candidates"]) == 1

    with read_only(service, small_disk):
        for refused in (
            service.call("PATCH", group, {"name": "meanwhile"}),
            service.call("DELETE", person),
            service.call("POST", f"{group}/train"),
            service.call_own("PUT", "uploads/refused.jpg", image=image),
        ):
            assert refused.status_code == 503, refused.text
            assert "retry-after" in refused.headers
        assert "its disk fails" in eventually(lambda: unhealthy(service))["reason"]
        assert service.ok("GET", group)["name"] == "before", "reading goes on"
        assert service.ok("POST", "identify", probe) == found, "searching goes on"
        assert service.process.poll() is None

    service.ok("PATCH", group, {"name": "after"})
    assert service.train(group)["status"] == "succeeded"
    assert service.ok("POST", "identify", probe) == found, "nothing of a refused deletion happened"
    service.own("PUT", "uploads/again.jpg", image=image)
    eventually(lambda: succeeded(service, "again.jpg"))
    service.ok("DELETE", person)
    assert service.ok("POST", "identify", probe)[0]["candidates"] == []
    eventually(lambda: service.client.get("/health").status_code == 200 or None)


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv (util-linux) is missing")
def test_a_folder_that_this_user_may_not_write_is_reported_at_the_start(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o500)
    # Without this capability, permissions bind root too; other users have none to lose.
    root = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")
    prefix = root if os.geteuid() == 0 else ()
    service = RunningService(tmp_path, {"FACE_DATA_DIR": str(folder)}, prefix)
    with pytest.raises(AssertionError, match="did not start"):
        service.__enter__()
    assert service.stop() == 1
    log = (tmp_path / "host.log").read_text("utf-8")
    assert f"{folder} is not usable: permission denied" in log
    assert "Traceback" not in log


def test_a_read_only_disk_is_reported_at_the_start(tmp_path: Path, small_disk: Path) -> None:
    settings = {"FACE_DATA_DIR": str(small_disk)}
    service = RunningService(tmp_path, settings, on_disk(small_disk, "ro"))
    with pytest.raises(AssertionError, match="did not start"):
        service.__enter__()
    assert service.stop() == 1
    log = (tmp_path / "host.log").read_text("utf-8")
    assert f"{small_disk} is not usable: read-only file system" in log
    assert "Traceback" not in log


def refusal(service: RunningService, path: str, change: dict[str, str]) -> Any:
    """The body of a write's 503; None while the write still fits into space taken before."""
    response = service.call("PATCH", path, change)
    if response.status_code == 200:
        return None
    assert response.status_code == 503, response.text
    assert "retry-after" in response.headers
    return response.json()


def succeeded(service: RunningService, name: str) -> Any:
    """The upload with its result; None until it has one."""
    upload = service.own("GET", f"uploads/{name}")
    return upload if upload["status"] == "succeeded" else None


def unhealthy(service: RunningService) -> Any:
    """The body of health's 503; None while the answer before it is still current."""
    response = service.client.get("/health")
    return response.json() if response.status_code == 503 else None
