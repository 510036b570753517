"""Reading a partition in order of id, and counting it."""

from __future__ import annotations

import pytest

from shared.storage.documents.store import Document, DocumentContainer, Key


def create_all(container: DocumentContainer, partition: str, ids: list[str]) -> None:
    for identifier in (*ids[1::2], *reversed(ids[::2])):
        container.create(Key(partition, identifier), {"id-was": identifier})


def ids_of(documents: list[Document]) -> list[str]:
    return [document.key.id for document in documents]


def walk(
    container: DocumentContainer, partition: str, *, prefix: str = "", limit: int = 1_000
) -> list[str]:
    """Every id, read page by page as the services do."""
    found: list[str] = []
    after = ""
    while page := container.page(partition, prefix=prefix, after=after, limit=limit):
        assert len(page) <= limit
        found += ids_of(page)
        after = found[-1]
    return found


def test_an_unknown_partition_is_an_empty_page(
    container: DocumentContainer, partition: str
) -> None:
    assert container.page(partition) == []
    assert container.count(partition) == 0


def test_pages_together_hold_every_document_once_in_order_of_id(
    container: DocumentContainer, partition: str
) -> None:
    ids = [f"{number:04}" for number in range(250)]
    create_all(container, partition, ids)

    assert walk(container, partition, limit=100) == ids
    assert walk(container, partition, limit=1) == ids
    assert walk(container, partition) == ids
    assert container.count(partition) == 250


def test_a_page_holds_whole_documents(container: DocumentContainer, partition: str) -> None:
    documents = [container.create(Key(partition, name), {"n": name}) for name in "abc"]

    assert container.page(partition) == documents


def test_a_page_begins_after_the_given_id_whether_or_not_it_exists(
    container: DocumentContainer, partition: str
) -> None:
    create_all(container, partition, ["a", "c", "e"])

    assert ids_of(container.page(partition, after="b", limit=1)) == ["c"]
    assert ids_of(container.page(partition, after="c")) == ["e"]
    assert ids_of(container.page(partition, after="e")) == []


def test_ids_are_in_ordinal_order(container: DocumentContainer, partition: str) -> None:
    ids = ["", "!", "-", "0", "10", "2", "A", "B", "Z", "_", "a", "aa", "ab", "b", "z", "é", "日"]
    create_all(container, partition, ids[1:])

    assert walk(container, partition, limit=5) == ids[1:]


def test_a_prefix_chooses_the_ids_that_begin_with_it(
    container: DocumentContainer, partition: str
) -> None:
    create_all(container, partition, ["f", "f:", "f:1", "f:2", "f:\U0010ffff", "f;", "g:1", "F:1"])

    assert walk(container, partition, prefix="f:", limit=2) == ["f:", "f:1", "f:2", "f:\U0010ffff"]
    assert ids_of(container.page(partition, prefix="f:", after="f:1")) == ["f:2", "f:\U0010ffff"]
    assert ids_of(container.page(partition, prefix="f:", after="a", limit=1)) == ["f:"]
    assert ids_of(container.page(partition, prefix="f:", after="g")) == []
    assert container.count(partition, prefix="f:") == 4
    assert container.count(partition, prefix="f") == 6
    assert container.count(partition, prefix="x") == 0
    assert container.count(partition) == 8


@pytest.mark.parametrize("prefix", ["%", "_", "f%", "*", "[", "'"])
def test_a_prefix_is_taken_by_the_letter(
    container: DocumentContainer, partition: str, prefix: str
) -> None:
    create_all(container, partition, ["f1", "f2", prefix + "x"])

    assert ids_of(container.page(partition, prefix=prefix)) == [prefix + "x"]
    assert container.count(partition, prefix=prefix) == 1


@pytest.mark.parametrize("last", ["\ud7ff", "\U0010ffff"])
def test_a_prefix_may_end_in_the_last_character_of_a_range(
    container: DocumentContainer, partition: str, last: str
) -> None:
    create_all(container, partition, ["a", "a" + last, "a" + last + "1", "b"])

    assert ids_of(container.page(partition, prefix="a" + last)) == ["a" + last, "a" + last + "1"]
    assert container.count(partition, prefix=last) == 0


def test_pages_and_counts_see_one_partition_only(
    container: DocumentContainer, partition: str
) -> None:
    create_all(container, partition, ["a", "b"])
    create_all(container, partition + "x", ["c"])

    assert walk(container, partition) == ["a", "b"]
    assert walk(container, partition + "x") == ["c"]
    assert container.count(partition) == 2
    assert container.count(partition + "x") == 1


def test_a_walk_goes_on_while_documents_come_and_go(
    container: DocumentContainer, partition: str
) -> None:
    create_all(container, partition, ["a", "b", "c", "d"])
    first = ids_of(container.page(partition, limit=2))
    container.delete(Key(partition, "b"))
    container.delete(Key(partition, "c"))
    container.create(Key(partition, "e"), {})

    rest = ids_of(container.page(partition, after=first[-1]))

    assert (first, rest) == (["a", "b"], ["d", "e"])


@pytest.mark.parametrize("limit", [0, -1, 1_001])
def test_a_page_of_an_impossible_length_is_refused(
    container: DocumentContainer, partition: str, limit: int
) -> None:
    with pytest.raises(ValueError, match="1 to 1000"):
        container.page(partition, limit=limit)
    with pytest.raises(ValueError, match="1 to 1000"):
        container.changes_since(partition, None, limit=limit)


def test_a_page_has_only_the_selected_members(container: DocumentContainer, partition: str) -> None:
    first = container.create(Key(partition, "a"), {"n": 1, "value": [2], "order": None, "x": {}})
    container.create(Key(partition, "b"), {"n": 2})

    page = container.page(partition, members=("n", "value", "order"))
    nothing = container.page(partition, members=())

    assert [document.body for document in page] == [{"n": 1, "value": [2], "order": None}, {"n": 2}]
    assert page[0].key == first.key
    assert page[0].etag == first.etag
    assert [(document.key.id, document.body) for document in nothing] == [("a", {}), ("b", {})]


@pytest.mark.parametrize("member", ["", "id", "pk", "ttl", "_etag", 'a"b', "a b", "a.b", "é", "1"])
def test_a_member_that_no_body_can_have_cannot_be_selected(
    container: DocumentContainer, partition: str, member: str
) -> None:
    with pytest.raises(ValueError, match="cannot be selected"):
        container.page(partition, members=(member,))
