"""The index of names lists who bears a name, and lets one request of several create a person."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from shared.domain.collections import LARGE_PERSON_GROUP, PERSON_GROUP
from shared.domain.errors import DocumentChanged, DocumentExists
from shared.domain.values import Collection, NameIndex, Person
from shared.storage.documents.store import DocumentContainer, DocumentStore, Key
from shared.storage.layout import PEOPLE
from shared.storage.records.collections.name_claims import NameClaim, NameClaims
from shared.storage.records.collections.people import People
from tests.doubles.identifiers import new_id
from tests.unit.storage.records.refused_writes import refuse_writes


@pytest.fixture(params=[PERSON_GROUP, LARGE_PERSON_GROUP], ids=["group", "large group"])
def collection(request: pytest.FixtureRequest) -> Collection:
    return Collection(
        request.param, "people", "", "recognition_04", new_id(), names=NameIndex.READY
    )


@pytest.fixture
def container(store: DocumentStore) -> DocumentContainer:
    return store.container(PEOPLE)


@pytest.fixture
def names(container: DocumentContainer) -> NameClaims:
    return NameClaims(container)


def documents(container: DocumentContainer, collection: Collection) -> int:
    """How many claims there are in the partition of a name."""
    names = NameClaims(container)
    claim = names.open(collection, "Ada")
    names.close(claim)
    return container.count(claim.key.partition, prefix="n.")


def person_of(claim: NameClaim) -> Person:
    return Person(claim.bucket + new_id()[1:], "Ada")


def test_a_claim_lies_in_the_partition_of_its_hash(names: NameClaims) -> None:
    large = Collection(LARGE_PERSON_GROUP, "people", "", "m", "one", names=NameIndex.READY)
    digest = hashlib.sha256(b"one:Ada").hexdigest()
    assert len({digest[0], digest[1], digest[-1]}) == 3
    claim = names.open(large, "Ada")
    assert claim.key == Key(f"one:{digest[0]}", f"n.{digest}")
    assert claim.bucket == digest[0]


def test_who_bears_a_name_is_listed_until_withdrawn(
    names: NameClaims, collection: Collection, container: DocumentContainer
) -> None:
    one, other = new_id(), new_id()
    assert names.listed(collection, "Ada") == ()
    for person in (one, other, one):
        names.register(collection, "Ada", person)
    assert names.listed(collection, "Ada") == (one, other)
    assert names.open(collection, "Ada").person_ids == (one, other)
    assert names.listed(collection, "ada") == ()
    names.withdraw(collection, "Ada", one)
    assert names.listed(collection, "Ada") == (other,)
    names.withdraw(collection, "Ada", other)
    assert documents(container, collection) == 0
    names.withdraw(collection, "Ada", other)
    assert names.listed(collection, "Ada") == ()


def test_a_person_with_a_new_name_is_listed_by_it_alone(
    names: NameClaims, collection: Collection
) -> None:
    person = new_id()
    names.register(collection, "Ada", person)
    names.rename(collection, person, old="Ada", new="Grace")
    assert names.listed(collection, "Ada") == ()
    assert names.listed(collection, "Grace") == (person,)
    names.rename(collection, person, old="Grace", new="Grace")
    assert names.listed(collection, "Grace") == (person,)


def test_names_are_not_indexed_where_that_is_off(
    names: NameClaims, container: DocumentContainer
) -> None:
    off = Collection(PERSON_GROUP, "people", "", "recognition_04", new_id())
    names.register(off, "Ada", new_id())
    assert names.listed(off, "Ada") == ()
    assert documents(container, off) == 0
    claim = names.open(off, "Ada")
    container.replace(claim.key, {"persons": ["one"]})
    names.withdraw(off, "Ada", "one")
    assert names.listed(off, "Ada") == ("one",)


def test_of_two_that_create_a_person_by_a_name_one_does(
    names: NameClaims, collection: Collection, container: DocumentContainer
) -> None:
    claim = names.open(collection, "Ada")
    assert claim == names.open(collection, "Ada")
    first, second = person_of(claim), person_of(claim)
    assert names.create_person(collection, first, claim)
    assert not names.create_person(collection, second, claim)
    assert names.listed(collection, "Ada") == (first.person_id,)
    people = People(container)
    assert people.find_many(collection, [first.person_id, second.person_id]) == [first, None]


def test_a_person_is_created_in_the_partition_of_its_name_only(names: NameClaims) -> None:
    large = Collection(LARGE_PERSON_GROUP, "people", "", "m", new_id(), names=NameIndex.READY)
    claim = names.open(large, "Ada")
    elsewhere = "0" if claim.bucket != "0" else "1"
    with pytest.raises(ValueError, match="another partition"):
        names.create_person(large, Person(elsewhere + new_id()[1:], "Ada"), claim)
    assert names.create_person(large, person_of(claim), claim)


def test_a_person_that_was_withdrawn_meanwhile_is_not_created(
    names: NameClaims, collection: Collection
) -> None:
    names.register(collection, "Ada", new_id())
    (present,) = names.listed(collection, "Ada")
    claim = names.open(collection, "Ada")
    names.withdraw(collection, "Ada", present)
    assert not names.create_person(collection, person_of(claim), claim)


def test_a_claim_is_removed_only_where_it_lists_none_and_did_not_change(
    names: NameClaims, collection: Collection, container: DocumentContainer
) -> None:
    empty = names.open(collection, "Ada")
    names.register(collection, "Ada", "one")
    names.close(empty)
    assert names.listed(collection, "Ada") == ("one",)
    names.close(names.open(collection, "Ada"))
    assert names.listed(collection, "Ada") == ("one",)
    names.withdraw(collection, "Ada", "one")
    empty = names.open(collection, "Ada")
    names.close(empty)
    names.close(empty)
    assert container.count(empty.key.partition, prefix="n.") == 0


WRITES: dict[str, Callable[[NameClaims, Collection], object]] = {
    "register": lambda names, collection: names.register(collection, "Ada", "two"),
    "withdraw": lambda names, collection: names.withdraw(collection, "Ada", "one"),
}


@pytest.mark.parametrize(("write", "left"), [("register", ("one", "two")), ("withdraw", ())])
def test_writes_that_others_overtake_are_made_again(
    names: NameClaims,
    collection: Collection,
    write: str,
    left: tuple[str, ...],
    container: DocumentContainer,
) -> None:
    names.register(collection, "Ada", "one")
    with pytest.MonkeyPatch.context() as patch:
        tried = refuse_writes(patch, container, 2, DocumentChanged)
        WRITES[write](names, collection)
        assert tried == ["batch"] * 3
    assert names.listed(collection, "Ada") == left


def test_a_claim_that_another_request_creates_first_is_used(
    names: NameClaims, collection: Collection, container: DocumentContainer
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        refuse_writes(patch, container, 1, DocumentExists)
        claim = names.open(collection, "Ada")
    assert claim.person_ids == ()
    assert container.get(Key(claim.key.partition, claim.key.id)) is not None
