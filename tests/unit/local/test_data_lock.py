"""One host at a time in a data folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from local import data_lock
from local.data_lock import claim, empty_folder
from shared.domain.errors import ConfigurationError

ROOT = Path(__file__).resolve().parents[3]

HOLDER = """
import os, sys, time
from pathlib import Path
from local.data_lock import claim
lock = claim(Path(sys.argv[1]))
if sys.argv[2] == "orphan" and os.fork() > 0:
    print("locked", flush=True)
    os._exit(0)
if sys.argv[2] == "stopping":
    lock.end_soon()
if sys.argv[2] != "orphan":
    print("locked", flush=True)
time.sleep(float(sys.argv[3]))
"""


def holding(folder: Path, kind: str, seconds: float) -> subprocess.Popen[str]:
    """Another process that holds the lock: a host, or what a killed one left."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, folder, kind, str(seconds)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "locked\n"
    return process


def test_a_folder_that_a_host_serves_is_reported_without_a_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", None)
    with holding(tmp_path, "serving", 60) as host:
        with pytest.raises(ConfigurationError, match=r"Another host uses .*FACE_DATA_DIR"):
            claim(tmp_path)
        host.kill()


@pytest.mark.parametrize("kind", ["stopping", "orphan"])
def test_a_holder_that_ends_is_waited_for(tmp_path: Path, kind: str) -> None:
    with holding(tmp_path, kind, 0.3) as host:
        if kind == "orphan":
            # The host itself has ended; only its child holds the folder still.
            host.wait()
        claim(tmp_path).release()


def test_a_holder_that_does_not_end_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_lock, "WAIT_SECONDS", 0.1)
    with holding(tmp_path, "stopping", 60) as host:
        with pytest.raises(ConfigurationError, match=r"Another host uses .*FACE_DATA_DIR"):
            claim(tmp_path)
        host.kill()


def test_unfinished_files_of_a_killed_host_are_deleted(tmp_path: Path) -> None:
    left = tmp_path / "training"
    (left / "tmpabc").mkdir(parents=True)
    (left / "tmpabc" / "rows.f16").write_bytes(b"embeddings")
    (left / "stray").write_bytes(b"embeddings")

    empty_folder(left)
    empty_folder(tmp_path / "absent")

    assert list(left.iterdir()) == []


def test_a_data_folder_that_cannot_be_made_is_named_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigurationError, match=r"not usable: .*Choose another FACE_DATA_DIR"):
        claim(tmp_path / "file" / "data")
