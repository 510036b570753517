"""Copies of a database: put over a newer one, or made while a process has it open."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from shared.domain.errors import ConfigurationError
from shared.storage.documents.sqlite.last_opening import SUFFIX, LastOpening
from shared.storage.documents.sqlite.store import SqliteDocumentStore
from shared.storage.documents.store import Key
from shared.storage.layout import PEOPLE
from tests.doubles.clocks import ManualClock

NAME = "documents.sqlite"
REPLACED = "is not the database that was here last"


@contextmanager
def opened(folder: Path) -> Iterator[SqliteDocumentStore]:
    store = SqliteDocumentStore(folder / NAME, clock=ManualClock())
    try:
        yield store
    finally:
        store.close()


def write(store: SqliteDocumentStore, name: str, count: int = 1) -> None:
    people = store.container(PEOPLE)
    for number in range(count):
        people.create(Key("p", f"{name}{number}"), {"text": "x" * 1_000})


def written(store: SqliteDocumentStore) -> Sequence[str]:
    return [document.key.id for document in store.container(PEOPLE).page("p")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a database that was closed after its first document."""
    with opened(tmp_path / "data") as store:
        write(store, "old")
    return tmp_path / "data"


@pytest.fixture
def older(folder: Path, tmp_path: Path) -> Path:
    """A copy of it, made then."""
    shutil.copytree(folder, tmp_path / "older")
    return tmp_path / "older"


def write_and_kill(folder: Path, tmp_path: Path) -> None:
    """Write more, and leave the folder as a killed process does."""
    with opened(folder) as store:
        write(store, "new", 20)
        shutil.copytree(folder, tmp_path / "killed")
    shutil.rmtree(folder)
    (tmp_path / "killed").rename(folder)


def test_what_a_killed_process_wrote_is_there(folder: Path, tmp_path: Path) -> None:
    write_and_kill(folder, tmp_path)
    with opened(folder) as store:
        assert len(written(store)) == 21


def test_an_older_copy_in_the_place_of_a_database_is_refused_until_the_operator_decides(
    folder: Path, older: Path
) -> None:
    with opened(folder) as store:
        write(store, "new")
    shutil.copyfile(older / NAME, folder / NAME)
    with pytest.raises(ConfigurationError, match=REPLACED), opened(folder):
        pass
    (folder / f"{NAME}{SUFFIX}").unlink()
    with opened(folder) as store:
        assert written(store) == ["old0"]


def test_an_older_copy_in_the_place_of_a_killed_one_does_not_get_the_newer_log(
    folder: Path, older: Path, tmp_path: Path
) -> None:
    write_and_kill(folder, tmp_path)
    shutil.copyfile(older / NAME, folder / NAME)
    with pytest.raises(ConfigurationError, match=REPLACED), opened(folder):
        pass
    for suffix in ("-wal", "-shm", SUFFIX):
        (folder / f"{NAME}{suffix}").unlink()
    with opened(folder) as store:
        assert written(store) == ["old0"]


def test_an_older_folder_over_that_of_a_killed_process_does_not_get_the_newer_log(
    folder: Path, older: Path, tmp_path: Path
) -> None:
    write_and_kill(folder, tmp_path)
    shutil.copytree(older, folder, dirs_exist_ok=True)
    with (
        pytest.raises(ConfigurationError, match=rf"{NAME}-wal does not belong to"),
        opened(folder),
    ):
        pass


def test_an_older_folder_over_that_of_a_closed_database_is_taken(folder: Path, older: Path) -> None:
    with opened(folder) as store:
        write(store, "new")
    shutil.copytree(older, folder, dirs_exist_ok=True)
    with opened(folder) as store:
        assert written(store) == ["old0"]


def test_a_copy_that_was_made_while_a_process_wrote_is_refused_where_it_is_damaged(
    folder: Path, tmp_path: Path
) -> None:
    with opened(folder) as store:
        write(store, "more", 200)
        store.erase_deleted()
        copy = shutil.copytree(folder, tmp_path / "copy")
    size = (copy / NAME).stat().st_size
    with (copy / NAME).open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xff" * (size // 4))
    with pytest.raises(ConfigurationError, match="is damaged"), opened(copy):
        pass


def test_a_start_that_ends_while_the_database_gets_its_number_is_no_copy(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(opening: LastOpening, number: int) -> None:
        shutil.copytree(folder, tmp_path / "left")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(LastOpening, "opened", killed)
        with pytest.raises(KeyboardInterrupt), opened(folder):
            pass
    with opened(tmp_path / "left") as store:
        assert written(store) == ["old0"]


def test_a_database_is_closed_when_the_last_store_of_it_is(folder: Path, tmp_path: Path) -> None:
    with opened(folder) as one:
        with opened(folder) as other:
            write(other, "other")
        write(one, "one", 20)
        shutil.copytree(folder, tmp_path / "killed")
    for left in (folder, tmp_path / "killed"):
        with opened(left) as store:
            assert len(written(store)) == 22


def test_a_store_that_opens_while_the_last_one_closes_is_the_first_one_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, waits = LastOpening._lock_alone, [True]

    def closing(opening: LastOpening) -> bool:
        return not (waits and waits.pop()) and plain(opening)

    with monkeypatch.context() as patch:
        patch.setattr(LastOpening, "_lock_alone", closing)
        write_and_kill(folder, tmp_path)
    with opened(folder) as store:
        assert len(written(store)) == 21


@pytest.mark.parametrize("known", [None, b"", b'{"numbers":[1'])
def test_a_database_of_which_nothing_is_known_is_taken(
    folder: Path, tmp_path: Path, known: bytes | None
) -> None:
    write_and_kill(folder, tmp_path)
    beside = folder / f"{NAME}{SUFFIX}"
    beside.unlink() if known is None else beside.write_bytes(known)
    with opened(folder) as store:
        assert len(written(store)) == 21
