"""A data folder that cannot be written: 503 with the reason."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from shared.api.health import Health
from shared.domain.clock import SystemClock
from shared.domain.errors import Unavailable
from shared.storage.documents.probe import write_probe
from shared.storage.documents.sqlite.store import SqliteDocumentStore
from shared.storage.documents.store import Key
from shared.storage.layout import PEOPLE


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "documents.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteDocumentStore]:
    with closing(SqliteDocumentStore(path, clock=SystemClock())) as store:
        yield store


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Unavailable, match="cannot be opened"):
        SqliteDocumentStore(tmp_path / "file" / "store.sqlite", clock=SystemClock())


@pytest.mark.skipif(os.geteuid() == 0, reason="Permissions do not bind root.")
def test_a_read_only_folder_is_unavailable_with_its_reason(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(Unavailable, match="its folder is read-only"):
            SqliteDocumentStore(tmp_path / "store.sqlite", clock=SystemClock())
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize("error", [errno.EROFS, errno.EACCES])
def test_a_read_only_file_system_is_unavailable_with_its_reason(
    path: Path, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(Path, "touch", refuse)
    with pytest.raises(Unavailable, match="its folder is read-only"):
        SqliteDocumentStore(path, clock=SystemClock())


def test_a_file_that_becomes_read_only_answers_503_with_the_reason(
    store: SqliteDocumentStore,
) -> None:
    people = store.container(PEOPLE)
    people.create(Key("p", "before"), {"n": 1})
    store._database._writer.execute("PRAGMA query_only = ON")  # SQLite's SQLITE_READONLY

    with pytest.raises(Unavailable, match="its file is read-only"):
        people.create(Key("p", "after"), {"n": 2})
    answer = Health([lambda: write_probe(people)], SystemClock()).respond()

    assert answer.status == 503
    assert b"read-only" in answer.body
    assert people.get(Key("p", "before")) is not None, "reading goes on"

    store._database._writer.execute("PRAGMA query_only = OFF")
    people.create(Key("p", "after"), {"n": 2})
