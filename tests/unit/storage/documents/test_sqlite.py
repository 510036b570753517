"""Properties of the embedded store beyond the contract of all document stores."""

from __future__ import annotations

import gc
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from shared.domain.clock import SystemClock
from shared.domain.errors import ConfigurationError, Unavailable
from shared.storage.documents.sqlite.store import SqliteDocumentStore
from shared.storage.documents.store import Create, Key
from shared.storage.layout import ContainerSpec
from tests.doubles.clocks import ManualClock

PEOPLE = ContainerSpec("people")

OTHER_PROCESS = """
import sys
from pathlib import Path
from shared.domain.clock import SystemClock
from shared.storage.documents.store import ContainerSpec, Key
from shared.storage.documents.sqlite.store import SqliteDocumentStore

path, name, number = sys.argv[1:]
store = SqliteDocumentStore(Path(path), clock=SystemClock())
people = store.container(ContainerSpec("people"))
for turn in range(int(number)):
    people.create(Key("shared", f"{name}-{turn:04}"), {"n": turn})
store.close()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "documents.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteDocumentStore]:
    with closing(SqliteDocumentStore(path, clock=SystemClock())) as store:
        yield store


def other_process(path: Path, name: str, number: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", OTHER_PROCESS, str(path), name, str(number)],
        cwd=Path(__file__).parents[4],
    )


def test_documents_outlive_the_store_that_wrote_them(path: Path) -> None:
    with closing(SqliteDocumentStore(path, clock=SystemClock())) as first:
        created = first.container(PEOPLE).create(Key("p", "one"), {"n": 1})

    with closing(SqliteDocumentStore(path, clock=SystemClock())) as second:
        assert second.container(PEOPLE).get(Key("p", "one")) == created


def test_etags_and_marks_go_on_where_an_earlier_store_ended(path: Path) -> None:
    with closing(SqliteDocumentStore(path, clock=SystemClock())) as first:
        people = first.container(PEOPLE)
        old = people.create(Key("p", "one"), {})
        mark = people.changes_since("p", None).mark
        people.delete(Key("p", "one"))

    with closing(SqliteDocumentStore(path, clock=SystemClock())) as second:
        people = second.container(PEOPLE)
        new = people.create(Key("p", "one"), {})
        assert new.etag != old.etag
        assert list(people.changes_since("p", mark).documents) == [new]


def test_several_processes_may_open_a_new_file_and_write_to_it_at_once(path: Path) -> None:
    path.parent.mkdir()
    processes = [other_process(path, name, 200) for name in ("a", "b", "c")]

    assert [process.wait(timeout=60) for process in processes] == [0, 0, 0]
    with closing(SqliteDocumentStore(path, clock=SystemClock())) as store:
        ids = [document.key.id for document in store.container(PEOPLE).page("shared")]
    assert ids == [f"{name}-{turn:04}" for name in ("a", "b", "c") for turn in range(200)]


def test_the_file_is_its_owners_alone(path: Path, store: SqliteDocumentStore) -> None:
    store.container(PEOPLE).create(Key("p", "one"), {})

    modes = {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}

    assert modes == {0o600}


def test_deleted_content_does_not_stay_in_the_file(path: Path) -> None:
    with closing(SqliteDocumentStore(path, clock=SystemClock())) as store:
        people = store.container(PEOPLE)
        for number in range(50):
            people.create(Key("p", f"{number}"), {"name": f"SECRET-{number}"})
        for number in range(50):
            people.delete(Key("p", f"{number}"))

    assert not Path(f"{path}-wal").exists()
    assert b"SECRET" not in path.read_bytes()


def write_and_delete_secrets(store: SqliteDocumentStore) -> None:
    people = store.container(PEOPLE)
    for number in range(145):
        people.create(Key("p", f"{number}"), {"name": f"SECRET-{number}"})
    for number in range(145):
        people.delete(Key("p", f"{number}"))


def secrets(path: Path) -> int:
    """How often a secret stands in the files of a store."""
    return sum(file.read_bytes().count(b"SECRET") for file in path.parent.iterdir())


def test_erasing_takes_deleted_content_out_of_the_log_of_an_open_store(
    path: Path, store: SqliteDocumentStore
) -> None:
    write_and_delete_secrets(store)
    assert secrets(path) > 0, "the write-ahead log has them"

    assert store.erase_deleted()

    assert secrets(path) == 0


def test_a_reader_that_is_in_the_way_is_reported_and_the_next_call_erases(
    path: Path, store: SqliteDocumentStore
) -> None:
    people = store.container(PEOPLE)
    people.create(Key("p", "first"), {})
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM documents_people").fetchone()
        write_and_delete_secrets(store)

        assert not store.erase_deleted()
        assert people.create(Key("p", "meanwhile"), {}), "writers go on"
        reader.execute("COMMIT")

    assert store.erase_deleted()
    assert secrets(path) == 0


def test_erasing_works_beside_another_process_that_has_the_file_open(
    path: Path, store: SqliteDocumentStore
) -> None:
    write_and_delete_secrets(store)
    process = other_process(path, "a", 1_000)
    while not store.container(PEOPLE).page("shared", limit=1):
        assert process.poll() is None

    while not store.erase_deleted():
        continue
    assert secrets(path) == 0
    assert process.wait(timeout=60) == 0
    assert store.container(PEOPLE).count("shared") == 1_000


def test_no_operation_leaves_a_read_transaction_behind(
    path: Path, store: SqliteDocumentStore
) -> None:
    people = store.container(PEOPLE)
    keys = [Key("p", f"{number}") for number in range(3)]
    for key in keys:
        people.create(key, {})
    for read in (
        lambda: people.get_many(keys),
        lambda: people.page("p", limit=1),
        lambda: people.count("p", prefix="1"),
        lambda: people.mark("p"),
        lambda: people.changes_since("p", None, limit=1),
        lambda: people.create_many([(keys[0], {})]),
        store.sweep_expired,
    ):
        read()
        people.replace(keys[0], {})
        assert store.erase_deleted()


def test_opening_a_file_empties_the_log_that_a_killed_process_left(path: Path) -> None:
    path.parent.mkdir()
    killed = """
import os, sys
from pathlib import Path
from shared.domain.clock import SystemClock
from shared.storage.documents.sqlite.store import SqliteDocumentStore
from tests.unit.storage.documents.test_sqlite import write_and_delete_secrets
write_and_delete_secrets(SqliteDocumentStore(Path(sys.argv[1]), clock=SystemClock()))
os._exit(1)
"""
    subprocess.run([sys.executable, "-c", killed, str(path)], cwd=Path(__file__).parents[4])
    assert secrets(path) > 0

    with closing(SqliteDocumentStore(path, clock=SystemClock())):
        assert secrets(path) == 0


def test_the_sweep_deletes_what_has_expired_in_all_containers(path: Path) -> None:
    clock = ManualClock()
    with closing(SqliteDocumentStore(path, clock=clock)) as store:
        for name in ("faces", "operations"):
            container = store.container(ContainerSpec(name, default_ttl=60))
            for first in range(0, 1_200, 100):
                container.batch("p", [Create(f"{first + number:05}", {}) for number in range(100)])
    with closing(SqliteDocumentStore(path, clock=clock)) as store:
        people = store.container(PEOPLE)
        people.create(Key("p", "lasting"), {})
        assert store.sweep_expired() == 0

        clock.advance(timedelta(seconds=60))

        assert store.sweep_expired() == 2_400
        assert people.count("p") == 1
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM documents_faces").fetchone() == (0,)


def test_a_time_to_live_ends_to_the_microsecond(path: Path) -> None:
    clock = ManualClock()
    with closing(SqliteDocumentStore(path, clock=clock)) as store:
        faces = store.container(PEOPLE)
        faces.create(Key("p", "one"), {}, ttl=60)

        clock.advance(timedelta(seconds=60) - timedelta(microseconds=1))
        assert faces.get(Key("p", "one")) is not None
        clock.advance(timedelta(microseconds=1))
        assert faces.get(Key("p", "one")) is None


def test_closing_lets_go_of_the_connections_of_every_thread(path: Path) -> None:
    store = SqliteDocumentStore(path, clock=SystemClock())
    people = store.container(PEOPLE)
    barrier = threading.Barrier(6)

    def work(number: int) -> None:
        barrier.wait()
        for turn in range(20):
            people.create(Key("p", f"{number}-{turn}"), {})
            people.page("p")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.close()
    store.close()
    gc.collect()  # a connection left open would warn here, and warnings are errors

    assert not Path(f"{path}-wal").exists(), "the last connection to close removes the log"
    with pytest.raises(Unavailable):
        people.get(Key("p", "0-0"))
    with pytest.raises(Unavailable):
        people.create(Key("p", "new"), {})


def test_the_same_spec_gives_the_same_container_and_another_is_refused(
    store: SqliteDocumentStore,
) -> None:
    people = store.container(PEOPLE)

    assert store.container(ContainerSpec("people")) is people
    with pytest.raises(ValueError, match="another spec"):
        store.container(ContainerSpec("people", default_ttl=60))


def test_a_file_of_a_newer_version_is_refused(path: Path) -> None:
    SqliteDocumentStore(path, clock=SystemClock()).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 2")

    with pytest.raises(ConfigurationError, match="newer version"):
        SqliteDocumentStore(path, clock=SystemClock())


def test_a_path_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="document store"):
        SqliteDocumentStore(tmp_path, clock=SystemClock())


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database at all " * 1_000)

    with pytest.raises(ConfigurationError, match="not a SQLite database"):
        SqliteDocumentStore(path, clock=SystemClock())


def test_a_full_disk_is_unavailable_and_writing_goes_on_when_there_is_space(
    path: Path, store: SqliteDocumentStore
) -> None:
    people = store.container(PEOPLE)
    people.create(Key("p", "before"), {"n": 1})
    store.erase_deleted()
    with store._database.writing() as connection:  # SQLite's own full disk, SQLITE_FULL
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
    store._database._writer.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(Unavailable):
        people.batch("p", [Create(f"{n:03}", {"text": "x" * 10_000}) for n in range(50)])
    assert people.get(Key("p", "000")) is None, "nothing of a batch that failed is kept"
    assert people.get(Key("p", "before")) is not None

    store._database._writer.execute("PRAGMA max_page_count = 1000000")
    people.batch("p", [Create(f"{n:03}", {"text": "x" * 10_000}) for n in range(50)])
    assert people.count("p") == 51
