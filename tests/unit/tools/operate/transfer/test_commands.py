"""The two commands, called as an operator does."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.domain.collections import PERSON_GROUP, CollectionKey
from tests.unit.tools.operate.transfer import holdings
from tests.unit.tools.operate.transfer.conftest import Open
from tools.operate import export, import_


def test_a_deployment_moves_to_another_store(
    sqlite: Open, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    holdings.fill(sqlite("first").storage.store, seed=1)
    file = str(tmp_path / "people.jsonl.gz")
    there = {"FACE_DATA_DIR": str(tmp_path / "second")}

    assert export.main([file], {"FACE_DATA_DIR": str(tmp_path / "first")}) == 0
    exported = capsys.readouterr().out
    assert import_.main([file], there) == 0
    imported = capsys.readouterr().out
    assert import_.main([file], there) == 0
    again = capsys.readouterr().out

    assert exported.startswith("collections: 12, persons: 32, persisted faces: 76, embedding ")
    assert imported.startswith(exported)
    assert imported.splitlines()[1:] == [
        "created: 32 persons, 76 faces; existed: 0 persons, 0 faces",
        *(
            f"train: {segment}/{segment}-{number}"
            for segment in ("persongroups", "largepersongroups", "largefacelists")
            for number in range(2)
        ),
    ]
    assert again.splitlines()[1] == "created: 0 persons, 0 faces; existed: 32 persons, 76 faces"


def test_what_is_being_deleted_is_left_out_and_said(
    sqlite: Open, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    container = sqlite("first")
    holdings.fill(container.storage.store, seed=1)
    here, file = {"FACE_DATA_DIR": str(tmp_path / "first")}, str(tmp_path / "people.jsonl.gz")
    assert export.main([file], here) == 0
    group = CollectionKey(PERSON_GROUP, "persongroups-0")
    person = container.enrolment.persons.page_persons(group, start="", top=1)[0]
    container.enrolment.persons.delete_person(group, person.person_id)
    assert import_.main([file], here) == 1
    assert "1 persons and" in capsys.readouterr().err


def test_an_export_does_not_write_over_a_file(
    sqlite: Open, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sqlite("first").storage.check_writable()
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
    sqlite("first").storage.check_writable()
    file = tmp_path / "no-folder" / "file"

    assert export.main([str(file)], {"FACE_DATA_DIR": str(tmp_path / "first")}) == 1

    assert capsys.readouterr().err == f"export: {file}: No such file or directory\n"


def test_a_store_that_is_not_described_is_said_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert import_.main([str(tmp_path / "file")], {"FACE_STORE": "cosmos"}) == 1

    assert "COSMOS_ENDPOINT must hold" in capsys.readouterr().err
