"""A service whose store is not usable does not start and says why."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from shared.domain.clock import SystemClock
from shared.storage.documents.sqlite.location import SQLITE_FILE
from shared.storage.documents.sqlite.store import SqliteDocumentStore
from tests.end_to_end.service import RunningService


def test_cosmos_without_an_endpoint_is_refused_at_start_in_one_line(tmp_path: Path) -> None:
    service = RunningService(tmp_path, {"FACE_STORE": "cosmos"})
    with pytest.raises(AssertionError) as caught, service:
        pass
    assert service.stop() == 1
    last = str(caught.value).splitlines()[-2:]
    assert last == [
        "The settings are not usable:",
        "COSMOS_ENDPOINT must hold the address of the Cosmos DB account, because FACE_STORE is"
        " cosmos.",
    ]


def test_an_older_copy_over_a_newer_database_is_refused_at_start_in_one_line(
    tmp_path: Path,
) -> None:
    data, older = tmp_path / "data", tmp_path / "older"
    database = data / SQLITE_FILE
    SqliteDocumentStore(database, clock=SystemClock()).close()
    shutil.copyfile(database, older)
    SqliteDocumentStore(database, clock=SystemClock()).close()
    shutil.copyfile(older, database)

    service = RunningService(tmp_path, {"FACE_DATA_DIR": str(data)})
    with pytest.raises(AssertionError) as caught, service:
        pass

    assert service.stop() == 1
    (last,) = str(caught.value).splitlines()[-1:]
    assert last.startswith(f"{database} is not the database that was here last")
