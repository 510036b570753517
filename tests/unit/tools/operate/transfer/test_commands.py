"""The two commands, called as an operator does."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.vision.runtime.manifest import Task, load_manifest
from tests.cosmos_server.server import CosmosServer
from tests.unit.tools.operate.transfer import holdings
from tests.unit.tools.operate.transfer.conftest import Open
from tools.operate import export, import_


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> None:
    """The faces have the service's embedding model."""
    monkeypatch.setattr(holdings, "MODEL", load_manifest().first(Task.RECOGNITION).name)


@pytest.mark.usefixtures("model")
def test_a_deployment_moves_from_sqlite_to_cosmos(
    sqlite: Open, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    holdings.fill(sqlite("first"), seed=1)
    file = str(tmp_path / "people.jsonl.gz")
    with CosmosServer() as server:
        there = {"FACE_STORE": "cosmos", "COSMOS_ENDPOINT": server.url, "COSMOS_KEY": server.key}

        assert export.main([file], {"FACE_DATA_DIR": str(tmp_path / "first")}) == 0
        exported = capsys.readouterr().out
        assert import_.main([file], there) == 0
        imported = capsys.readouterr().out
        assert import_.main([file], there) == 1
        refused = capsys.readouterr().err

    assert exported.startswith("collections: 11, persisted faces: 76, documents: ")
    assert imported.startswith(exported)
    assert imported.splitlines()[1:] == [
        f"train: {segment}/{segment}-{number}"
        for segment in ("persongroups", "largepersongroups", "largefacelists")
        for number in range(2)
    ]
    assert refused.startswith("import: The store has Person group persongroups-0")


def test_an_export_does_not_write_over_a_file(
    sqlite: Open, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sqlite("first")
    file = tmp_path / "kept"
    file.write_text("kept")

    assert export.main([str(file)], {"FACE_DATA_DIR": str(tmp_path / "first")}) == 1

    assert "exists already" in capsys.readouterr().err
    assert file.read_text() == "kept"


def test_an_export_makes_no_store_where_there_is_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export.main([str(tmp_path / "file")], {"FACE_DATA_DIR": str(tmp_path / "no")}) == 1

    assert "Set FACE_DATA_DIR" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_said_in_one_line(
    sqlite: Open, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sqlite("first")
    file = tmp_path / "no-folder" / "file"

    assert export.main([str(file)], {"FACE_DATA_DIR": str(tmp_path / "first")}) == 1

    assert capsys.readouterr().err == f"export: {file}: No such file or directory\n"


def test_a_store_that_is_not_described_is_said_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert import_.main([str(tmp_path / "file")], {"FACE_STORE": "cosmos"}) == 1

    assert "COSMOS_ENDPOINT must hold" in capsys.readouterr().err
