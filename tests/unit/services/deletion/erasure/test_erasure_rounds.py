"""However many deletions and messages there are, a snapshot is rewritten once a period."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shared.domain.values import Collection
from shared.services.deletion.task_lease import TaskLease
from shared.services.messages import ErasureMessage
from shared.services.training.builder import BuiltSnapshot
from shared.storage.layout import ERASURE_QUEUE
from tests.doubles.identifiers import new_id
from tests.unit.services.groups.trainable_group import TrainableGroup


@pytest.fixture(params=[10, 10**6], ids=["by deltas", "whole"])
def group(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[TrainableGroup]:
    """A group of large collections, which are trained by deltas, and one of small ones."""
    group = TrainableGroup(tmp_path, amended_from=request.param)
    yield group
    group.store.close()


def counted(group: TrainableGroup) -> Callable[[], int]:
    """Count the rewritings that are published from now on."""
    plain, published = group.eraser.erase, []

    def erase(
        collection: Collection, version: str, deleted: frozenset[str]
    ) -> BuiltSnapshot | None:
        built = plain(collection, version, deleted)
        if built is not None:
            published.append(built)
        return built

    group.eraser.erase = erase  # type: ignore[method-assign] # counts
    return lambda: len(published)


def test_many_deletions_are_one_rewriting(group: TrainableGroup) -> None:
    faces = [group.add_person() for _ in range(30)]
    group.train()
    rewritings = counted(group)
    for face in faces[:20]:
        group.delete_person(face.person_id)

    group.erase()
    group.erase()

    assert not any(group.holds(face) for face in faces[:20])
    assert rewritings() == 1
    assert list(group.tasks.all()) == []


def test_steady_deletion_rewrites_once_a_period(group: TrainableGroup) -> None:
    faces = [group.add_person() for _ in range(40)]
    group.train()
    rewritings = counted(group)
    for minute, face in enumerate(faces[:30]):
        group.delete_person(face.person_id)
        group.clock.advance(timedelta(minutes=1))
        for stored in group.tasks.all():  # messages that come far too often
            group.erasure.send(stored.task)
        group.deliver_erasures()
        assert rewritings() <= 1 + minute // 4

    group.erase()
    assert not any(group.holds(face) for face in faces[:30])


def test_twenty_messages_at_once_are_one_rewriting(group: TrainableGroup) -> None:
    faces = [group.add_person() for _ in range(30)]
    group.train()
    rewritings = counted(group)
    group.delete_person(faces[0].person_id)
    (stored,) = group.tasks.all()
    for _ in range(20):
        group.erasure.send(stored.task)
    texts = list(group.queue.texts(ERASURE_QUEUE))

    with ThreadPoolExecutor(8) as threads:
        messages = [msgspec.json.decode(text, type=ErasureMessage) for text in texts]
        list(threads.map(group.erasure.run, messages))

    assert rewritings() == 1
    assert not group.holds(faces[0])


def test_a_worker_that_died_is_followed_by_another(group: TrainableGroup) -> None:
    faces = [group.add_person() for _ in range(30)]
    group.train()
    group.delete_person(faces[0].person_id)
    (stored,) = group.tasks.all()
    assert TaskLease.take(group.tasks, group.clock, stored, new_id()) is not None
    group.erasure.send(stored.task)
    group.deliver_erasures()
    assert group.holds(faces[0]), "another worker has the lease"

    group.erase()

    assert not group.holds(faces[0])


def test_deletions_are_finished_only_when_the_store_has_erased_them(
    group: TrainableGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    face = group.add_person()
    group.train()
    group.delete_person(face.person_id)
    monkeypatch.setattr(type(group.store), "erase_deleted", lambda store: False)
    for _ in range(4):
        group.erase()
    assert list(group.tasks.all()) != [], "a reader is in the way"

    monkeypatch.undo()
    group.erase()
    group.erase()
    assert list(group.tasks.all()) == []


def test_marks_that_others_follow_stay_until_they_are_old_enough(tmp_path: Path) -> None:
    group = TrainableGroup(tmp_path, marks_kept=timedelta(minutes=2))
    face = group.add_person()
    group.train()
    group.clock.advance(timedelta(minutes=5))
    group.delete_person(face.person_id)
    incarnation = group.collections.get(group.key).incarnation
    group.send_pending()
    group.deliver_erasures()
    assert not group.holds(face)
    assert group.marks.any(incarnation)

    group.erase()
    assert not group.marks.any(incarnation)
    group.erase()
    assert list(group.tasks.all()) == []
    group.store.close()


def test_a_worker_that_lost_its_lease_leaves_the_rest_to_the_other(
    group: TrainableGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    faces = [group.add_person() for _ in range(5)]
    group.train()
    group.delete_person(faces[0].person_id)
    (stored,) = group.tasks.all()
    erase = group.eraser.erase

    def meanwhile(*arguments: Any) -> Any:
        (held,) = group.tasks.all()
        group.tasks.write(replace(held.task, owner="another worker"), held)
        return erase(*arguments)

    monkeypatch.setattr(group.eraser, "erase", meanwhile)
    group.erasure.run(ErasureMessage.of(group.collection))

    (left,) = group.tasks.all()
    assert left.task == replace(
        stored.task,
        owner="another worker",
        lease_expires=left.task.lease_expires,
        worked=left.task.worked,
    )
    assert left.task.lease_expires is not None
