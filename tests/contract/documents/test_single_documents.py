"""Reading and writing one document at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.domain.errors import DocumentChanged, DocumentExists, DocumentMissing
from shared.storage.documents.store import Body, Document, DocumentContainer, Key


def test_a_document_reads_as_it_was_created(container: DocumentContainer, partition: str) -> None:
    key = Key(partition, "one")

    created = container.create(key, {"name": "Ada", "faces": [1, 2]})

    assert created.key == key
    assert created.body == {"name": "Ada", "faces": [1, 2]}
    assert created.etag
    assert container.get(key) == created


def test_a_document_that_was_never_written_reads_as_none(
    container: DocumentContainer, partition: str
) -> None:
    assert container.get(Key(partition, "absent")) is None


def test_get_many_answers_in_the_order_of_the_keys_with_none_for_the_missing(
    container: DocumentContainer, partition: str
) -> None:
    other = partition + "-other"
    a = container.create(Key(partition, "a"), {"n": 1})
    b = container.create(Key(partition, "b"), {"n": 2})
    c = container.create(Key(other, "a"), {"n": 3})

    found = container.get_many(
        [c.key, Key(partition, "missing"), b.key, a.key, Key(other, "b"), b.key]
    )

    assert found == [c, None, b, a, None, b]
    assert container.get_many([]) == []


def test_get_many_takes_a_thousand_keys(container: DocumentContainer, partition: str) -> None:
    third = container.create(Key(partition, "003"), {})

    found = container.get_many([Key(partition, f"{number:03}") for number in range(1_000)])

    assert found == [third if number == 3 else None for number in range(1_000)]


def test_many_documents_are_created_at_once_wherever_they_belong(
    container: DocumentContainer, partition: str
) -> None:
    keys = [Key(f"{partition}-{number}", f"{number:03}") for number in range(30)]

    written = container.create_many([(key, {"n": key.id}) for key in keys])

    assert written == [True] * 30
    found = container.get_many(keys)
    assert [document.body if document else None for document in found] == [
        {"n": key.id} for key in keys
    ]
    assert container.create_many([]) == []


def test_of_many_documents_those_whose_id_is_taken_stay_as_they_are(
    container: DocumentContainer, partition: str
) -> None:
    first = container.create(Key(partition, "b"), {"n": 1})
    keys = [Key(partition, one) for one in "abc"]

    assert container.create_many([(key, {"n": 2}) for key in keys]) == [True, False, True]
    assert container.create_many([(first.key, {"n": 3})]) == [False]

    assert container.get(first.key) == first
    assert container.count(partition) == 3


def test_creating_a_taken_id_is_refused_and_changes_nothing(
    container: DocumentContainer, partition: str
) -> None:
    first = container.create(Key(partition, "one"), {"n": 1})

    with pytest.raises(DocumentExists):
        container.create(first.key, {"n": 2})

    assert container.get(first.key) == first


def test_a_deleted_id_is_free_again_and_gets_another_etag(
    container: DocumentContainer, partition: str
) -> None:
    key = Key(partition, "one")
    first = container.create(key, {"n": 1})
    container.delete(key)

    again = container.create(key, {"n": 1})

    assert container.get(key) == again
    assert again.etag != first.etag


def test_the_same_id_in_two_partitions_is_two_documents(
    container: DocumentContainer, partition: str
) -> None:
    here, there = Key(partition, "one"), Key(partition + "-other", "one")
    container.create(here, {"n": 1})
    container.create(there, {"n": 2})

    container.delete(here)

    left = container.get(there)
    assert container.get(here) is None
    assert left is not None
    assert left.body == {"n": 2}


def test_replacing_overwrites_the_whole_body(container: DocumentContainer, partition: str) -> None:
    first = container.create(Key(partition, "one"), {"name": "Ada", "extra": True})

    second = container.replace(first.key, {"name": "Grace"})

    assert second.body == {"name": "Grace"}
    assert second.etag != first.etag
    assert container.get(first.key) == second


def test_every_write_changes_the_etag_even_with_the_same_body(
    container: DocumentContainer, partition: str
) -> None:
    key = Key(partition, "one")
    etags = {container.create(key, {"n": 1}).etag}

    etags |= {container.replace(key, {"n": 1}).etag for _ in range(5)}

    assert len(etags) == 6


def test_increments_at_once_all_count(container: DocumentContainer, partition: str) -> None:
    first = container.create(Key(partition, "one"), {"n": 5, "name": "Ada"})

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda by: container.increment(first.key, "n", by), [3, -1] * 16))
    container.increment(first.key, "new", 7)

    left = container.get(first.key)
    assert left is not None
    assert left.body == {"n": 5 + 16 * 2, "name": "Ada", "new": 7}
    assert left.etag != first.etag


def test_incrementing_what_is_not_there_is_refused(
    container: DocumentContainer, partition: str
) -> None:
    with pytest.raises(DocumentMissing):
        container.increment(Key(partition, "absent"), "n", 1)

    assert container.get(Key(partition, "absent")) is None


def test_replacing_with_the_present_etag_succeeds(
    container: DocumentContainer, partition: str
) -> None:
    first = container.create(Key(partition, "one"), {"n": 1})

    second = container.replace(first.key, {"n": 2}, etag=first.etag)

    assert container.get(first.key) == second


def test_replacing_with_an_old_etag_is_refused_and_changes_nothing(
    container: DocumentContainer, partition: str
) -> None:
    first = container.create(Key(partition, "one"), {"n": 1})
    second = container.replace(first.key, {"n": 2})

    with pytest.raises(DocumentChanged):
        container.replace(first.key, {"n": 3}, etag=first.etag)

    assert container.get(first.key) == second


@pytest.mark.parametrize("etag", [None, "2f"])
def test_replacing_what_is_not_there_is_refused_with_and_without_an_etag(
    container: DocumentContainer, partition: str, etag: str | None
) -> None:
    with pytest.raises(DocumentMissing):
        container.replace(Key(partition, "absent"), {"n": 1}, etag=etag)

    assert container.get(Key(partition, "absent")) is None


def test_deleting_removes_the_document(container: DocumentContainer, partition: str) -> None:
    first = container.create(Key(partition, "one"), {})

    container.delete(first.key)

    assert container.get(first.key) is None


def test_deleting_with_the_present_etag_succeeds(
    container: DocumentContainer, partition: str
) -> None:
    first = container.create(Key(partition, "one"), {})

    container.delete(first.key, etag=first.etag)

    assert container.get(first.key) is None


def test_deleting_with_an_old_etag_is_refused_and_changes_nothing(
    container: DocumentContainer, partition: str
) -> None:
    first = container.create(Key(partition, "one"), {})
    second = container.replace(first.key, {"n": 2})

    with pytest.raises(DocumentChanged):
        container.delete(first.key, etag=first.etag)

    assert container.get(first.key) == second


@pytest.mark.parametrize("etag", [None, "2f"])
def test_deleting_what_is_not_there_is_refused_with_and_without_an_etag(
    container: DocumentContainer, partition: str, etag: str | None
) -> None:
    with pytest.raises(DocumentMissing):
        container.delete(Key(partition, "absent"), etag=etag)


BODIES: list[Body] = [
    {},
    {"text": 'Ångström 👩🏽‍🔬 \u0000 \u2028 "quoted" \\ 日本語'},
    {"naïve key / ?": 1},
    {"large": 2**53 - 1, "small": -(2**53) + 1, "real": 1.7976931348623157e308},
    {"tiny": 5e-324, "third": 1 / 3, "negative": -0.1},
    {"none": None, "yes": True, "no": False, "zero": 0, "empty": ""},
    {"deep": {"list": [1, [2, [3, {"end": [None, {"x": {}}]}]]]}, "list": []},
    {"embedding": "AAAA" * 10_000},
]


@pytest.mark.parametrize("body", BODIES)
def test_a_json_body_comes_back_as_it_went_in(
    container: DocumentContainer, partition: str, body: Body
) -> None:
    created = container.create(Key(partition, "one"), body)

    assert created.body == body
    assert container.get(created.key) == created
    assert container.page(partition) == [created]


@pytest.mark.parametrize(
    "identifier",
    ["Zoë", "日本語", "a b", "a%2Fb", "a+b&c=d", "'; DROP TABLE x; --", "a:b|c", "x" * 1_023],
)
def test_an_id_may_hold_any_character_but_the_four(
    container: DocumentContainer, partition: str, identifier: str
) -> None:
    created = container.create(Key(partition, identifier), {"n": 1})

    assert container.get(Key(partition, identifier)) == created
    assert container.page(partition) == [created]


def test_what_is_returned_is_not_the_stores_own_state(
    container: DocumentContainer, partition: str
) -> None:
    given = {"faces": [1]}
    key = Key(partition, "one")
    created = container.create(key, given)

    given["faces"].append(2)
    created.body["faces"].append(3)
    for read in (container.get(key), *container.page(partition), *container.get_many([key])):
        assert read is not None
        read.body["faces"].append(4)

    assert container.get(key) == Document(key, {"faces": [1]}, created.etag)
