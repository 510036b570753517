"""A full disk under the data folder: 503 with the reason, and service again once it has room."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.service import RunningService, eventually

MOUNTED = 'mount -t tmpfs -o size=32m tmpfs "$0" && exec "$@"'
"""Gives the command a small disk of its own, which ends with its process."""


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    """A folder to mount on; skips where this user may make no namespace."""
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        trial = subprocess.run([*command(folder), "true"], capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("unshare (util-linux) is not installed")
    if trial.returncode != 0:
        pytest.skip(f"no disk can be mounted here: {trial.stderr.strip()[:200]}")
    return folder


def command(folder: Path) -> tuple[str, ...]:
    """The prefix that runs a command, in its own process, with the small disk on that folder."""
    return ("unshare", "--map-root-user", "--mount", "sh", "-c", MOUNTED, str(folder))


def fill(file: Path) -> None:
    """Write until the disk is full."""
    with file.open("wb", buffering=0) as filling, pytest.raises(OSError, match="No space left"):
        while True:
            filling.write(bytes(4_096))


def test_a_full_disk_is_answered_503_with_the_reason_until_it_has_room(
    tmp_path: Path, small_disk: Path
) -> None:
    settings = {"FACE_DATA_DIR": str(small_disk)}
    with RunningService(tmp_path, settings, command(small_disk)) as service:
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


def refusal(service: RunningService, path: str, change: dict[str, str]) -> Any:
    """The body of a write's 503; None while the write still fits into space taken before."""
    response = service.call("PATCH", path, change)
    if response.status_code == 200:
        return None
    assert response.status_code == 503, response.text
    assert "retry-after" in response.headers
    return response.json()


def unhealthy(service: RunningService) -> Any:
    """The body of health's 503; None while the answer before it is still current."""
    response = service.client.get("/health")
    return response.json() if response.status_code == 503 else None
