"""Both stores give the same results for a long sequence of calls.

ETags are compared by the earlier write that they belong to.
"""

from __future__ import annotations

import os
import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from shared.domain.errors import DocumentConflict
from shared.storage.documents.store import (
    Create,
    Delete,
    Document,
    DocumentContainer,
    Key,
    Operation,
    Replace,
)
from tests.contract.documents.conftest import FLEETING, LASTING, Subject, sqlite_subject

CALLS = 600
IDS = ("a", "a.1", "a.2", "b", "b.Zoë", "c", "日")
PREFIXES = ("", "a", "a.", "b", "x")


@dataclass
class Player:
    """Makes calls on one store and records their outcomes."""

    subject: Subject
    prefix: str
    etags: dict[str, int] = field(default_factory=dict)
    newest: dict[tuple[str, str, str], str] = field(default_factory=dict)
    stale: list[str] = field(default_factory=list)
    marks: dict[tuple[str, str], str] = field(default_factory=dict)

    def play(self, call: tuple[Any, ...]) -> object:
        """The outcome of a call, in terms that hold for every store."""
        try:
            return self._play(*call)
        except (DocumentConflict, ValueError) as error:
            return type(error).__name__

    def _play(self, spec: str, partition: str, name: str, *more: Any) -> object:
        container = self.subject.store.container(FLEETING if spec == "fleeting" else LASTING)
        place = self.prefix + partition
        match name, more:
            case "wait", (seconds,):
                self.subject.pass_time(seconds)
                return None
            case "get", (identifier,):
                return self._seen(container.get(Key(place, identifier)))
            case "get_many", (identifiers,):
                keys = [Key(self.prefix + one, identifier) for one, identifier in identifiers]
                return [self._seen(document) for document in container.get_many(keys)]
            case "create_many", (identifiers, n, ttl):
                # One per partition: the order of changes within one would be undefined.
                made = [
                    (Key(self.prefix + one, identifier), {"n": n})
                    for one, identifier in zip("pq", identifiers, strict=True)
                ]
                return container.create_many(made, ttl=ttl)
            case "page", (prefix, after, limit):
                documents = container.page(place, prefix=prefix, after=after, limit=limit)
                return [self._seen(document) for document in documents]
            case "count", (prefix,):
                return container.count(place, prefix=prefix)
            case "changes", (limit,):
                return self._changes(container, spec, place, limit)
            case "batch", (steps,):
                container.batch(place, [self._operation(spec, place, *step) for step in steps])
                return None
            case _:
                return self._write(container, spec, place, name, *more)

    def _write(
        self, container: DocumentContainer, spec: str, place: str, name: str, *more: Any
    ) -> object:
        match self._operation(spec, place, name, *more):
            case Create(identifier, body, ttl):
                written = container.create(Key(place, identifier), body, ttl=ttl)
            case Replace(identifier, body, etag, ttl):
                written = container.replace(Key(place, identifier), body, etag=etag, ttl=ttl)
            case Delete(identifier, etag):
                container.delete(Key(place, identifier), etag=etag)
                return None
        self.newest[spec, place, written.key.id] = written.etag
        return self._seen(written)

    def _operation(
        self, spec: str, place: str, name: str, identifier: str, n: int, ttl: int | None, tag: str
    ) -> Operation:
        etag: str | None
        match tag:
            case "newest":
                etag = self.newest.get((spec, place, identifier), '"never"')
            case "any":
                etag = None
            case _:
                etag = '"of another store"'
        match name:
            case "create":
                return Create(identifier, {"n": n}, ttl)
            case "replace":
                return Replace(identifier, {"n": n}, etag, ttl)
            case _:
                return Delete(identifier, etag)

    def _changes(
        self, container: DocumentContainer, spec: str, place: str, limit: int
    ) -> list[object]:
        """New changes in order, until there are no more."""
        found: list[object] = []
        while True:
            changes = container.changes_since(place, self.marks.get((spec, place)), limit=limit)
            self.marks[spec, place] = changes.mark
            found += [(one.key.id, one.body) for one in changes.documents]
            if not changes.more:
                return found

    def _seen(self, document: Document | None) -> object:
        if document is None:
            return None
        number = self.etags.setdefault(document.etag, len(self.etags))
        partition = document.key.partition.removeprefix(self.prefix)
        return partition, document.key.id, document.body, number


@pytest.fixture(params=["cosmos", *(["cosmos-account"] if "COSMOS_ENDPOINT" in os.environ else [])])
def other(request: pytest.FixtureRequest) -> Subject:
    """The store to compare with SQLite."""
    fixture = "stand_in" if request.param == "cosmos" else "cosmos_account"
    subject: Subject = request.getfixturevalue(fixture)
    return subject


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Subject]:
    yield from sqlite_subject(tmp_path / "documents.sqlite")


@pytest.mark.parametrize("seed", range(3))
def test_a_long_run_of_calls_has_the_same_outcomes_on_both_stores(
    sqlite: Subject, other: Subject, seed: int
) -> None:
    prefix = uuid.uuid4().hex
    one, two = Player(sqlite, prefix), Player(other, prefix)
    outcomes = set()
    for number, call in enumerate(_calls(random.Random(seed))):  # noqa: S311 - no secret
        expected = one.play(call)
        assert two.play(call) == expected, f"call {number}: {call}"
        outcomes.add(expected if isinstance(expected, str) else type(expected).__name__)
    assert {"DocumentExists", "DocumentMissing", "DocumentChanged", "list", "tuple"} <= outcomes


def _calls(dice: random.Random) -> Iterator[tuple[Any, ...]]:
    for number in range(CALLS):
        where = dice.choice(("lasting", "fleeting")), dice.choice(("p", "q"))
        match dice.randrange(16):
            case 0:
                yield (*where, "wait", dice.choice((1, 2, 3)))
            case 1:
                many = [(dice.choice("pq"), dice.choice(IDS)) for _ in range(dice.randrange(1, 9))]
                yield (*where, "get_many", many)
            case 2:
                yield (
                    *where, "page", dice.choice(PREFIXES), dice.choice(("", *IDS)),
                    dice.choice((1, 2, 1_000)),
                )  # fmt: skip
            case 3:
                yield (*where, "count", dice.choice(PREFIXES))
            case 4:
                yield (*where, "changes", dice.choice((1, 2, 1_000)))
            case 5:
                steps = [_step(dice, number) for _ in range(dice.randrange(1, 5))]
                yield (*where, "batch", steps)
            case 6:
                twice = [dice.choice(IDS) for _ in "pq"]
                yield (*where, "create_many", twice, number, dice.choice((None, 2, -1)))
            case 7:
                yield (*where, "get", dice.choice(IDS))
            case _:
                yield (*where, *_step(dice, number))


def _step(dice: random.Random, number: int) -> tuple[Any, ...]:
    return (
        dice.choice(("create", "create", "replace", "replace", "delete")),
        dice.choice(IDS),
        number,
        dice.choice((None, None, 2, 5, -1)),
        dice.choice(("any", "newest", "newest", "wrong")),
    )
