"""A full or read-only disk under the data folder is reported with its reason."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.service import RunningService, eventually
from tests.images import portrait

MOUNTED = 'mount -t tmpfs -o "$0" tmpfs "$1" && shift && exec "$@"'
"""Gives the command a small disk of its own, which ends with its process."""


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    """A folder to mount on; skips where this user may make no namespace."""
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        trial = subprocess.run([*on_disk(folder), "true"], capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("unshare (util-linux) is not installed")
    if trial.returncode != 0:
        pytest.skip(f"no disk can be mounted here: {trial.stderr.strip()[:200]}")
    return folder


def on_disk(folder: Path, options: str = "size=32m") -> tuple[str, ...]:
    """The prefix that runs a command, in its own process, with the small disk on that folder."""
    shell = ("sh", "-c", MOUNTED, options, str(folder))
    return ("unshare", "--map-root-user", "--mount", *shell)


def fill(file: Path) -> None:
    """Write until the disk is full."""
    with file.open("wb", buffering=0) as filling, pytest.raises(OSError, match="No space left"):
        while True:
            filling.write(bytes(4_096))


def test_a_full_disk_is_answered_503_with_the_reason_until_it_has_room(
    tmp_path: Path, small_disk: Path
) -> None:
    settings = {"FACE_DATA_DIR": str(small_disk)}
    with RunningService(tmp_path, settings, on_disk(small_disk)) as service:
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
    assert "Traceback" not in (tmp_path / "host.log").read_text("utf-8")


def test_uploads_to_a_full_disk_are_refused_and_what_storage_has_stays(
    tmp_path: Path, small_disk: Path
) -> None:
    settings = {"FACE_DATA_DIR": str(small_disk)}
    image = portrait("person_a_1").read_bytes()
    with RunningService(tmp_path, settings, on_disk(small_disk)) as service:
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
