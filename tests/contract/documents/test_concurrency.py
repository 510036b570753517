"""Several concurrent writers, and several clients of one database."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from shared.domain.errors import DocumentChanged, DocumentExists
from shared.storage.documents.store import Create, DocumentContainer, Key, Replace

WRITERS = 8

Answer = TypeVar("Answer")


def at_once(action: Callable[[int], Answer]) -> list[Answer]:
    """Run action(0) to action(7) on threads that start at the same time."""
    barrier = Barrier(WRITERS)

    def started(number: int) -> Answer:
        barrier.wait()
        return action(number)

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(started, range(WRITERS)))


def test_of_many_who_create_the_same_id_exactly_one_wins(
    container: DocumentContainer, same_container: DocumentContainer, partition: str
) -> None:
    clients = (container, same_container)

    for turn in range(20):
        key = Key(partition, f"{turn}")

        def create(number: int, key: Key = key) -> bool:
            try:
                clients[number % 2].create(key, {"writer": number})
            except DocumentExists:
                return False
            return True

        won = at_once(create)
        document = container.get(key)
        assert sum(won) == 1
        assert document is not None
        assert document.body == {"writer": won.index(True)}


def test_of_many_who_replace_the_same_version_exactly_one_wins(
    container: DocumentContainer, same_container: DocumentContainer, partition: str
) -> None:
    clients = (container, same_container)
    key = Key(partition, "one")
    etag = container.create(key, {"writer": None}).etag

    for _ in range(20):

        def replace(number: int, etag: str = etag) -> bool:
            try:
                clients[number % 2].replace(key, {"writer": number}, etag=etag)
            except DocumentChanged:
                return False
            return True

        won = at_once(replace)
        document = container.get(key)
        assert sum(won) == 1
        assert document is not None
        assert document.body == {"writer": won.index(True)}
        etag = document.etag


def test_counting_up_by_etag_loses_no_count(container: DocumentContainer, partition: str) -> None:
    key = Key(partition, "counter")
    container.create(key, {"n": 0})

    def count_up(_: int) -> None:
        done = 0
        while done < 10:
            read = container.get(key)
            assert read is not None
            try:
                container.replace(key, {"n": read.body["n"] + 1}, etag=read.etag)
            except DocumentChanged:
                continue
            done += 1

    at_once(count_up)

    document = container.get(key)
    assert document is not None
    assert document.body == {"n": 10 * WRITERS}


def test_no_reader_sees_half_a_batch(container: DocumentContainer, partition: str) -> None:
    container.batch(partition, [Create("a", {"n": 0}), Create("b", {"n": 0})])

    def act(number: int) -> bool:
        if number == 0:
            for turn in range(100):
                container.batch(partition, [Replace("a", {"n": turn}), Replace("b", {"n": turn})])
            return True
        pages = [container.page(partition) for _ in range(50)]
        return all(len({document.body["n"] for document in page}) == 1 for page in pages)

    assert all(at_once(act))


def test_a_follower_misses_nothing_that_is_written_while_it_reads(
    container: DocumentContainer, same_container: DocumentContainer, partition: str
) -> None:
    written_by_each = 40

    def act(number: int) -> set[str]:
        if number > 0:
            client = (container, same_container)[number % 2]
            for turn in range(written_by_each):
                client.create(Key(partition, f"{number}-{turn}"), {})
            return set()
        seen: set[str] = set()
        mark: str | None = None
        while len(seen) < written_by_each * (WRITERS - 1):
            changes = container.changes_since(partition, mark, limit=7)
            seen |= {document.key.id for document in changes.documents}
            mark = changes.mark
        return seen

    assert at_once(act)[0] == {
        f"{number}-{turn}" for number in range(1, WRITERS) for turn in range(written_by_each)
    }


def test_another_client_sees_every_write_at_once(
    container: DocumentContainer, same_container: DocumentContainer, partition: str
) -> None:
    key = Key(partition, "one")

    created = container.create(key, {"n": 1})
    assert same_container.get(key) == created
    assert same_container.page(partition) == [created]
    replaced = same_container.replace(key, {"n": 2}, etag=created.etag)
    assert container.get(key) == replaced
    assert container.count(partition) == 1
    container.delete(key, etag=replaced.etag)
    assert same_container.get(key) is None
    assert same_container.count(partition) == 0
