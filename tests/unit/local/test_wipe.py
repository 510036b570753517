"""`make wipe` deletes what the service stored, and only after a yes."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from local import wipe
from local.data_lock import claim


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    (folder / "azurite" / "blobs").mkdir(parents=True)
    (folder / "azurite" / "blobs" / "x").write_bytes(b"image")
    (folder / "lineament.sqlite").write_bytes(b"rows")
    monkeypatch.setenv("FACE_DATA_DIR", str(folder))
    return folder


def answer(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


def test_everything_stored_goes_after_the_word(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, "wipe\n")
    assert wipe.main() == 0
    assert sorted(path.name for path in data.iterdir()) == ["lock", "serving"]
    assert wipe.main() == 0


@pytest.mark.parametrize("text", ["", "\n", "yes\n", "n\n"])
def test_any_other_answer_deletes_nothing(
    data: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    answer(monkeypatch, text)
    assert wipe.main() == 1
    assert (data / "lineament.sqlite").exists()


def test_a_folder_in_use_is_left_alone(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = claim(data)
    monkeypatch.setattr("local.data_lock.WAIT_SECONDS", 0.0)
    answer(monkeypatch, "wipe\n")
    assert wipe.main() == 1
    assert (data / "lineament.sqlite").exists()
    assert "Another host uses" in capsys.readouterr().err
    lock.release()
