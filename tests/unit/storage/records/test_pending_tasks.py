"""A task that is owed stays until the worker that proved it done removes it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.collections import LARGE_PERSON_GROUP, CollectionKey
from shared.domain.errors import DocumentChanged
from shared.domain.values import Collection
from shared.storage.documents.store import DocumentContainer, DocumentStore
from shared.storage.layout import COLLECTIONS
from shared.storage.records.pending_tasks import PendingTask, PendingTasks, StoredTask, TaskKind
from tests.doubles.clocks import ManualClock
from tests.doubles.identifiers import new_id
from tests.doubles.stores import shorten_pages

CLOCK = ManualClock()


@pytest.fixture
def container(store: DocumentStore) -> DocumentContainer:
    return store.container(COLLECTIONS)


@pytest.fixture
def tasks(container: DocumentContainer) -> PendingTasks:
    return PendingTasks(container)


def task(kind: TaskKind = TaskKind.DELETIONS, **more: str) -> PendingTask:
    key = CollectionKey(LARGE_PERSON_GROUP, "people")
    return PendingTask(kind, key, new_id(), CLOCK.now(), **more)  # type: ignore[arg-type]


def found(tasks: PendingTasks, wanted: PendingTask) -> StoredTask:
    stored = tasks.find(wanted)
    assert stored is not None
    return stored


def test_every_member_is_read_as_it_was_written(tasks: PendingTasks) -> None:
    now = CLOCK.now()
    plain = task()
    assert (plain.closing, plain.done, plain.rewrite) == (False, False, False)
    collection = Collection(LARGE_PERSON_GROUP, "people", "", "recognition_04", plain.incarnation)
    assert PendingTask.about(TaskKind.DELETIONS, collection, now) == plain
    full = replace(
        task(TaskKind.TRAINING, run=new_id()),
        closing=True,
        done=True,
        owner="worker",
        lease_expires=now + timedelta(minutes=1),
        worked=now - timedelta(minutes=1),
        repair=3,
        rewrite=True,
    )
    for one in (plain, full):
        tasks.renew(one)
        assert found(tasks, one).task == one
    assert {stored.task for stored in tasks.all()} == {plain, full}


def test_tasks_of_every_incarnation_are_listed_page_by_page(
    tasks: PendingTasks, monkeypatch: pytest.MonkeyPatch, container: DocumentContainer
) -> None:
    shorten_pages(monkeypatch, container, 2)
    made = {task() for _ in range(90)}
    for one in made:
        tasks.ensure(one)
    assert {stored.task for stored in tasks.all()} == made


def test_kinds_and_runs_of_one_collection_are_tasks_of_their_own(tasks: PendingTasks) -> None:
    one = task()
    same = [
        one,
        replace(one, kind=TaskKind.PURGE),
        replace(one, kind=TaskKind.TRAINING, run="a"),
        replace(one, kind=TaskKind.TRAINING, run="b"),
    ]
    for each in same:
        tasks.ensure(each)
    tasks.discard(same[2])
    assert [tasks.find(each) is not None for each in same] == [True, True, False, True]


def test_a_task_that_is_there_is_left_as_it_is_and_a_closing_one_is_reopened(
    tasks: PendingTasks,
) -> None:
    one = task()
    tasks.ensure(one)
    first = found(tasks, one)
    tasks.ensure(replace(one, repair=7))
    assert found(tasks, one) == first
    closing = tasks.write(replace(one, closing=True), first)
    assert closing is not None
    tasks.ensure(one)
    assert not found(tasks, one).task.closing
    assert not tasks.remove(closing), "a deletion relies on it"
    assert tasks.remove(found(tasks, one))
    assert tasks.find(one) is None
    tasks.discard(one)


def test_a_renewed_task_cannot_be_removed_by_its_earlier_readers(tasks: PendingTasks) -> None:
    one = task()
    tasks.renew(one)
    read = found(tasks, one)
    tasks.renew(replace(one, since=one.since + timedelta(minutes=5)))
    assert not tasks.remove(read)
    assert tasks.write(replace(one, done=True), read) is None
    assert found(tasks, one).task == replace(one, since=one.since + timedelta(minutes=5))


def test_a_rewriting_is_required_of_a_new_and_of_a_present_task(tasks: PendingTasks) -> None:
    fresh, present = task(), task()
    tasks.ensure(present)
    for one in (fresh, present):
        tasks.require_rewriting(one)
        assert found(tasks, one).task == replace(one, rewrite=True)
    required = found(tasks, present)
    tasks.require_rewriting(present)
    assert found(tasks, present) == required


@pytest.mark.parametrize("method", ["ensure", "renew", "require_rewriting"])
@pytest.mark.parametrize("closing", [False, True])
def test_writes_that_others_overtake_are_made_again(
    tasks: PendingTasks,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    closing: bool,
    container: DocumentContainer,
) -> None:
    one = replace(task(), closing=closing)
    tasks.renew(one)
    replace_document = container.replace
    refused: list[object] = []

    def overtaken(*arguments: object, **named: object) -> object:
        if not refused:
            refused.append(arguments)
            raise DocumentChanged("The document has been written since it was read.")
        return replace_document(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(container, "replace", overtaken)

    getattr(tasks, method)(replace(one, closing=False))

    stored = found(tasks, one).task
    assert not stored.closing
    assert stored.rewrite == (method == "require_rewriting")


def test_a_task_that_another_process_creates_first_is_used(
    tasks: PendingTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = task()
    find = tasks.find
    hidden: list[PendingTask] = []

    def not_yet(wanted: PendingTask) -> StoredTask | None:
        if not hidden:
            hidden.append(wanted)
            return None
        return find(wanted)

    for step in (tasks.ensure, tasks.renew):
        tasks.renew(replace(one, closing=True))
        hidden.clear()
        with monkeypatch.context() as patch:
            patch.setattr(tasks, "find", not_yet)
            step(one)
        assert found(tasks, one).task == one


def test_a_rewriting_is_required_although_a_worker_removes_the_task_meanwhile(
    tasks: PendingTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = task()
    find = tasks.find
    reads: list[PendingTask] = []

    def removed_meanwhile(wanted: PendingTask) -> StoredTask | None:
        reads.append(wanted)
        if len(reads) == 2:
            tasks.discard(wanted)
        return find(wanted)

    monkeypatch.setattr(tasks, "find", removed_meanwhile)

    tasks.require_rewriting(one)

    assert found(tasks, one).task == replace(one, rewrite=True)
    assert len(reads) >= 4


def test_a_task_lies_in_the_partition_of_its_incarnation_s_first_digit(
    tasks: PendingTasks, container: DocumentContainer
) -> None:
    one = replace(task(), incarnation="0123abcd-0000-4000-8000-000000000005")
    tasks.ensure(one)
    (document,) = container.page("pending:0")
    assert document.key.id == "deletions.0123abcd-0000-4000-8000-000000000005"
