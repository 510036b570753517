"""Changes since a mark: complete, without deletions, in their current state."""

from __future__ import annotations

from shared.storage.documents.store import Create, Document, DocumentContainer, Key, Replace


class Follower:
    """Follows a partition as the trainer does: id and ETag identify repeats."""

    def __init__(self, container: DocumentContainer, partition: str, *, limit: int = 1_000) -> None:
        self._container = container
        self._partition = partition
        self._limit = limit
        self._seen: set[tuple[str, str]] = set()
        self.mark: str | None = None

    def new(self) -> list[Document]:
        """The changes that were not returned before, in order."""
        found: list[Document] = []
        while True:
            changes = self._container.changes_since(self._partition, self.mark, limit=self._limit)
            assert len(changes.documents) <= self._limit
            self.mark = changes.mark
            for document in changes.documents:
                if (document.key.id, document.etag) not in self._seen:
                    self._seen.add((document.key.id, document.etag))
                    found.append(document)
            if not changes.more:
                return found


def test_without_a_mark_changes_are_all_documents_in_order_of_writing(
    container: DocumentContainer, partition: str
) -> None:
    documents = [container.create(Key(partition, name), {"n": name}) for name in "cab"]

    assert Follower(container, partition).new() == documents


def test_an_unknown_partition_has_no_changes_and_a_mark_to_go_on_from(
    container: DocumentContainer, partition: str
) -> None:
    changes = container.changes_since(partition, None)
    assert changes.documents == []
    assert not changes.more

    created = container.create(Key(partition, "a"), {})

    assert list(container.changes_since(partition, changes.mark).documents) == [created]


def test_after_a_mark_only_what_was_written_later_is_new(
    container: DocumentContainer, partition: str
) -> None:
    follower = Follower(container, partition)
    container.create(Key(partition, "a"), {})
    container.create(Key(partition, "b"), {})
    follower.new()

    c = container.create(Key(partition, "c"), {})
    a = container.replace(Key(partition, "a"), {"n": 2})

    assert follower.new() == [c, a]
    assert follower.new() == []


def test_a_document_written_several_times_comes_once_as_it_is_now(
    container: DocumentContainer, partition: str
) -> None:
    follower = Follower(container, partition)
    container.create(Key(partition, "a"), {"n": 1})
    b = container.create(Key(partition, "b"), {"n": 1})
    for number in range(2, 5):
        last = container.replace(Key(partition, "a"), {"n": number})

    assert follower.new() == [b, last]


def test_a_deletion_does_not_appear(container: DocumentContainer, partition: str) -> None:
    follower = Follower(container, partition)
    container.create(Key(partition, "a"), {})
    b = container.create(Key(partition, "b"), {})
    container.delete(Key(partition, "a"))
    assert follower.new() == [b]

    container.delete(Key(partition, "b"))

    assert follower.new() == []
    assert list(container.changes_since(partition, None).documents) == []


def test_a_document_created_after_the_last_one_was_deleted_is_not_lost(
    container: DocumentContainer, partition: str
) -> None:
    follower = Follower(container, partition)
    container.create(Key(partition, "a"), {})
    follower.new()
    container.delete(Key(partition, "a"))

    again = container.create(Key(partition, "a"), {})

    assert follower.new() == [again]


def test_many_changes_come_in_steps_that_say_whether_there_is_more(
    container: DocumentContainer, partition: str
) -> None:
    documents = [container.create(Key(partition, f"{n:03}"), {}) for n in range(25)]

    assert container.changes_since(partition, None, limit=10).more
    assert not container.changes_since(partition, None, limit=25).more
    assert Follower(container, partition, limit=10).new() == documents
    assert Follower(container, partition, limit=1).new() == documents


def test_a_batch_appears_whole(container: DocumentContainer, partition: str) -> None:
    follower = Follower(container, partition)
    container.create(Key(partition, "a"), {})
    follower.new()

    container.batch(partition, [Create("b", {}), Replace("a", {"n": 2}), Create("c", {})])

    assert {document.key.id for document in follower.new()} == {"a", "b", "c"}


def test_changes_see_one_partition_only(container: DocumentContainer, partition: str) -> None:
    follower = Follower(container, partition)
    container.create(Key(partition + "x", "other"), {})
    here = container.create(Key(partition, "here"), {})
    container.create(Key(partition + "x", "another"), {})

    assert follower.new() == [here]


def test_a_mark_serves_another_client(
    container: DocumentContainer, same_container: DocumentContainer, partition: str
) -> None:
    container.create(Key(partition, "a"), {})
    mark = container.changes_since(partition, None).mark
    b = same_container.create(Key(partition, "b"), {})

    documents = same_container.changes_since(partition, mark).documents

    assert isinstance(mark, str)
    assert documents[-1] == b


def test_the_mark_of_now_brings_what_is_written_after_it_and_nothing_old(
    container: DocumentContainer, partition: str
) -> None:
    container.create(Key(partition, "old"), {"n": 1})
    mark = container.mark(partition)
    assert [one.key.id for one in container.changes_since(partition, mark).documents] == []
    container.create(Key(partition, "new"), {"n": 2})
    container.replace(Key(partition, "old"), {"n": 3})
    changes = container.changes_since(partition, mark)
    assert [one.key.id for one in changes.documents] == ["new", "old"]


def test_a_partition_that_is_empty_has_a_mark_of_now(
    container: DocumentContainer, partition: str
) -> None:
    mark = container.mark(partition)
    container.create(Key(partition, "first"), {"n": 1})
    assert [one.key.id for one in container.changes_since(partition, mark).documents] == ["first"]
