"""Results lose the deleted persons and faces, at any moment of a deletion, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shared.domain.errors import Unavailable
from shared.services.uploads import named_results
from shared.services.uploads.named_results import named_ids, without
from shared.storage.layout import RESULTS
from tests.doubles.identifiers import new_id
from tests.unit.services.groups.trainable_group import TrainableGroup

NAME = "a/b.jpg.json"
ADA = "a0000000-0000-4000-8000-000000000000"


@pytest.fixture
def group(tmp_path: Path) -> Iterator[TrainableGroup]:
    """An empty group."""
    group = TrainableGroup(tmp_path)
    yield group
    group.store.close()


def result_of(*persons: str) -> dict[str, Any]:
    """A result with one face and these candidates."""
    candidates = [{"personId": one, "confidence": 0.9, "name": "Ada"} for one in persons]
    return {"blob": "a/b.jpg", "status": "succeeded", "faces": [{"candidates": candidates}]}


def publish_plain(group: TrainableGroup, *persons: str, name: str = NAME) -> None:
    """Write a result that is not confirmed."""
    group.results.remember(group.collection, name, persons)
    group.blobs.write(RESULTS, name, msgspec.json.encode(result_of(*persons)))


def publish(group: TrainableGroup, *persons: str, name: str = NAME) -> None:
    """Write a result as ingestion does."""
    publish_plain(group, *persons, name=name)
    group.results.confirm(group.collection, name, persons)


def stored(group: TrainableGroup, name: str = NAME) -> dict[str, Any]:
    """The result as it is stored."""
    content = group.blobs.read(RESULTS, name)
    assert content is not None
    value: dict[str, Any] = msgspec.json.decode(content)
    return value


def test_the_erasure_takes_a_deleted_person_out_of_every_result(group: TrainableGroup) -> None:
    ada, bob = group.add_person().person_id, group.add_person().person_id
    publish(group, ada, bob)
    publish(group, bob, name="other.json")
    group.delete_person(ada)
    group.erase()
    assert stored(group) == result_of(bob)
    assert stored(group, "other.json") == result_of(bob)
    group.delete_person(bob)
    group.erase()
    assert stored(group) == stored(group, "other.json") == result_of()
    assert group.named.some(group.collection.incarnation, limit=1) == []


def test_nothing_is_known_of_the_faces_that_a_result_named_with_a_deleted_person(
    group: TrainableGroup,
) -> None:
    face = group.add_person()
    enrolled = {"personId": face.person_id, "persistedFaceId": face.persisted_face_id}
    group.results.remember(group.collection, NAME, enrolled.values())
    group.blobs.write(RESULTS, NAME, msgspec.json.encode({"enrolled": enrolled}))
    group.delete_person(face.person_id)
    group.erase()
    assert stored(group) == {}
    assert group.named.some(group.collection.incarnation, limit=1) == []


def test_a_person_that_was_deleted_and_erased_before_the_result_was_written_is_left_out(
    group: TrainableGroup,
) -> None:
    ada, bob = group.add_person().person_id, group.add_person().person_id
    group.delete_person(ada)
    group.erase()
    group.erase()
    publish(group, ada, bob)
    assert stored(group) == result_of(bob)


def test_a_deleted_collection_leaves_no_result_that_names_its_persons(
    group: TrainableGroup,
) -> None:
    persons = [group.add_person().person_id for _ in range(3)]
    for number in range(5):
        publish(group, *persons, name=f"{number}.json")
    collection = group.collection
    group.collections.delete(
        group.key, collection.incarnation, lambda: group.collection_purge.announce(collection)
    )
    group.collection_purge.request(collection)
    group.purge()
    assert {msgspec.json.encode(stored(group, f"{number}.json")) for number in range(5)} == {
        msgspec.json.encode(result_of())
    }
    group.results.remember(collection, "late.json", persons)
    group.blobs.write(RESULTS, "late.json", msgspec.json.encode(result_of(*persons)))
    group.results.confirm(collection, "late.json", persons)
    assert stored(group, "late.json") == result_of()


def test_a_result_that_is_gone_or_names_no_person_any_more_is_no_error(
    group: TrainableGroup,
) -> None:
    ada, bob = group.add_person().person_id, group.add_person().person_id
    publish(group, ada)
    group.results.remember(group.collection, "gone.json", [ada])
    publish(group, bob)
    etag = group.blobs.properties(RESULTS, NAME)
    group.results.erase(group.collection.incarnation, [ada])
    assert group.blobs.properties(RESULTS, NAME) == etag
    assert group.named.of(group.collection.incarnation, ada) == []


def test_what_is_known_of_a_rewritten_result_lasts_as_long_as_the_result(
    group: TrainableGroup,
) -> None:
    ada, bob = group.add_person().person_id, group.add_person().person_id
    publish(group, ada, bob)
    group.clock.advance(timedelta(days=6))
    group.results.erase(group.collection.incarnation, [ada])
    group.clock.advance(timedelta(days=6))
    group.results.erase(group.collection.incarnation, [bob])
    assert stored(group) == result_of()


def written_meanwhile(
    group: TrainableGroup, patch: pytest.MonkeyPatch, call: str, times: int
) -> list[str]:
    """Write the result before it is read, or before it is rewritten, so many times.

    Returns:
        One entry for each attempt from now on.
    """
    plain, write, attempts = getattr(group.blobs, call), group.blobs.write, list[str]()

    def meanwhile(*arguments: object, **named: object) -> object:
        attempts.append(call)
        if len(attempts) <= times:
            write(RESULTS, NAME, msgspec.json.encode(result_of(ADA)))
        return plain(*arguments, **named)

    patch.setattr(group.blobs, call, meanwhile)
    return attempts


@pytest.mark.parametrize("call", ["read", "write"])
def test_a_result_that_is_written_all_the_time_is_left_to_the_next_round(
    group: TrainableGroup, call: str
) -> None:
    incarnation = group.collection.incarnation
    publish_plain(group, ADA)
    with pytest.MonkeyPatch.context() as patch:
        attempts = written_meanwhile(group, patch, call, 8)
        with pytest.raises(Unavailable):
            group.results.erase(incarnation, [ADA])
        assert len(attempts) == 8
    assert [one.result for one in group.named.of(incarnation, ADA)] == [NAME]
    group.results.erase(incarnation, [ADA])
    assert stored(group) == result_of()


@pytest.mark.parametrize("call", ["read", "write"])
def test_a_result_that_is_written_seven_times_meanwhile_is_rewritten_at_the_eighth_attempt(
    group: TrainableGroup, call: str
) -> None:
    publish_plain(group, ADA)
    with pytest.MonkeyPatch.context() as patch:
        written_meanwhile(group, patch, call, 7)
        group.results.erase(group.collection.incarnation, [ADA])
    assert stored(group) == result_of()
    assert group.named.of(group.collection.incarnation, ADA) == []


def test_a_purge_rewrites_so_many_steps_of_results_and_says_whether_any_is_left(
    group: TrainableGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(named_results, "_STEP", 2)
    incarnation = group.collection.incarnation
    for number in range(7):
        publish_plain(group, ADA, name=f"{number}.json")

    assert not group.results.purge(incarnation, steps=3)
    left = [stored(group, f"{number}.json") for number in range(7)]
    assert (left.count(result_of()), left.count(result_of(ADA))) == (6, 1)
    assert group.results.purge(incarnation, steps=1)
    assert group.named.some(incarnation, limit=1) == []
    assert group.results.purge(incarnation, steps=0)
    assert all(stored(group, f"{number}.json") == result_of() for number in range(7))


def test_a_result_of_a_collection_that_was_created_anew_names_no_person_of_the_former(
    group: TrainableGroup,
) -> None:
    former, ada = group.collection, group.add_person().person_id
    group.collections.delete(group.key, former.incarnation)
    group.collections.create(replace(former, incarnation=new_id()))
    publish_plain(group, ada)
    group.results.remember(former, NAME, [ada])
    group.results.confirm(former, NAME, [ada])
    assert stored(group) == result_of()


def test_a_rewritten_result_keeps_its_metadata(group: TrainableGroup) -> None:
    group.results.remember(group.collection, NAME, [ADA])
    content = msgspec.json.encode(result_of(ADA))
    group.blobs.write(RESULTS, NAME, content, metadata={"upload": "one"})
    group.results.erase(group.collection.incarnation, [ADA])
    found = group.blobs.properties(RESULTS, NAME)
    assert found is not None
    assert found.metadata == {"upload": "one"}


def test_verdicts_of_enrolments_keep_neither_ids_nor_sentences_about_the_deleted() -> None:
    person, face = new_id(), new_id()
    rejected = {
        "status": "rejected",
        "reason": {"code": "AlreadyEnrolled", "message": "… Ada", "personId": person},
    }
    enrolled = {
        "status": "succeeded",
        "enrolled": {"collection": "facelists/a", "persistedFaceId": face, "personId": person},
    }
    assert named_ids(enrolled) == {person, face}
    assert without(enrolled, {face}) == {"status": "succeeded"}
    assert without(rejected, {person}) == {
        "status": "rejected",
        "reason": {"code": "AlreadyEnrolled", "message": "What this result named was deleted."},
    }
    assert without(rejected, {face}) == rejected
