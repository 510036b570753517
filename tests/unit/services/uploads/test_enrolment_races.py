"""Enrolment of an upload, with something else at each of its calls of any store in turn.

RACES=all runs them in every kind of collection; otherwise it is those whose writes differ most.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from shared.domain.collections import (
    COLLECTIONS,
    FACE_COLLECTIONS,
    FACE_LIST,
    LARGE_FACE_LIST,
    LARGE_PERSON_GROUP,
    CollectionKey,
    CollectionKind,
)
from shared.domain.errors import Conflict, Unavailable
from shared.services.deletion.outdated_uploads import OutdatedUploads
from tests.doubles.interruptions import Interruption, Interruptions
from tests.unit.services.groups.trainable_group import TrainableGroup
from tests.unit.services.uploads.enrolling_uploads import EnrollingUploads, image_of, name_of


def _kinds(*chosen: CollectionKind) -> pytest.MarkDecorator:
    kinds = COLLECTIONS if os.environ.get("RACES") == "all" else chosen
    return pytest.mark.parametrize("kind", kinds, ids=lambda kind: kind.segment)


class Race:
    """A collection with one enrolled face, and two instances of the service."""

    def __init__(self, folder: Path, kind: CollectionKind) -> None:
        self.interruptions = Interruptions()
        group = TrainableGroup(folder, interruptions=self.interruptions)
        other = copy.copy(group)
        other.restart()
        self.uploads, self.other = EnrollingUploads(group), EnrollingUploads(other)
        self.key = CollectionKey(kind, "staff")
        self.uploads.enrol(name_of(self.key, "Bob"), image_of(9))

    def pass_time(self) -> None:
        """What is written next is more recent than all before."""
        self.uploads.group.clock.advance(timedelta(seconds=1))

    def ingest(self, name: str, at: int, act: Callable[[], None] | None) -> bool:
        """Ingest with something at a call; answers whether there was such a call."""
        self.interruptions.plan(Interruption(at, act, first=True))
        try:
            with suppress(Conflict, Unavailable):
                self.uploads.ingestion.ingest(name)
            return self.interruptions.calls >= at
        finally:
            self.interruptions.plan(None)

    def faces(self) -> list[str]:
        """The ids of the faces but the one that was there."""
        group = self.uploads.group
        collection = group.collections.get(self.key)
        if self.key.kind in FACE_COLLECTIONS:
            listed = group.listed.all(collection)
            return [face.persisted_face_id for face in listed if face.user_data != "Bob"]
        persons = self.uploads.all_persons(self.key)
        return [one for each in persons if each.name != "Bob" for one in each.persisted_face_ids]

    def delete_face(self, face_id: str) -> None:
        """Delete a face by the other instance."""
        group = self.other.group
        collection = group.collections.get(self.key)
        if self.key.kind in FACE_COLLECTIONS:
            group.lifecycle.delete_listed_face(collection, face_id)
            return
        (person,) = (one for one in self.uploads.all_persons(self.key) if one.name == "Ada")
        group.lifecycle.delete_face(collection, person.person_id, face_id)


def every_call(folder: Path, kind: CollectionKind, attempt: Callable[[Race, int], bool]) -> None:
    """Attempt a race at the first call, the second, and so on, until there are no more."""
    at = 1
    while attempt(Race(folder / str(at), kind), at):
        at += 1
    assert at > 10


@_kinds(LARGE_PERSON_GROUP, LARGE_FACE_LIST)
def test_an_image_that_is_written_again_meanwhile_has_one_face(
    tmp_path: Path, kind: CollectionKind
) -> None:
    def attempt(race: Race, at: int) -> bool:
        name = name_of(race.key)
        race.uploads.upload(name, image_of(1))

        def write_again() -> None:
            race.pass_time()
            race.uploads.upload(name, image_of(1))

        happened = race.ingest(name, at, write_again)
        race.uploads.ingestion.ingest(name)
        result = race.uploads.result(name)
        assert result["status"] == "succeeded", at
        assert race.faces() == [result["enrolled"]["persistedFaceId"]], at
        return happened

    every_call(tmp_path, kind, attempt)


@_kinds(LARGE_FACE_LIST)
def test_the_same_bytes_by_two_workers_are_one_face(tmp_path: Path, kind: CollectionKind) -> None:
    def attempt(race: Race, at: int) -> bool:
        names = [name_of(race.key, file=f"{number}.jpg") for number in (1, 2)]
        for name in names:
            race.uploads.upload(name, image_of(1))
        happened = race.ingest(names[0], at, lambda: _ingest(race.other, names[1]))
        for name in names:
            race.uploads.ingestion.ingest(name)
        (face_id,) = race.faces()
        found = {race.uploads.result(name)["enrolled"]["persistedFaceId"] for name in names}
        assert found == {face_id}, at
        return happened

    every_call(tmp_path, kind, attempt)


@_kinds(FACE_LIST, LARGE_FACE_LIST)
def test_a_face_that_is_deleted_meanwhile_comes_only_by_the_newer_upload(
    tmp_path: Path, kind: CollectionKind
) -> None:
    def attempt(race: Race, at: int) -> bool:
        late, newer = (name_of(race.key, file=f"{number}.jpg") for number in (2, 3))
        deleted: list[str] = []

        def enrol_and_delete() -> None:
            enrolled = race.other.enrol(name_of(race.key), image_of(1))["enrolled"]
            deleted.append(enrolled["persistedFaceId"])
            race.delete_face(deleted[0])
            race.pass_time()
            race.uploads.upload(newer, image_of(1))

        race.uploads.upload(late, image_of(1))
        happened = race.ingest(late, at, enrol_and_delete)
        if not happened:
            return False
        race.uploads.ingestion.ingest(late)
        assert race.faces() == [], at
        race.uploads.ingestion.ingest(newer)
        result = race.uploads.result(newer)
        assert result["status"] == "succeeded", (at, result)
        assert race.faces() == [result["enrolled"]["persistedFaceId"]] != deleted, at
        return True

    every_call(tmp_path, kind, attempt)


class Killed(BaseException):
    """The worker's process ends."""


@_kinds(LARGE_FACE_LIST)
@pytest.mark.parametrize("later", [1, 2, 3])
def test_a_worker_that_is_killed_after_a_deletion_leaves_no_face(
    tmp_path: Path, kind: CollectionKind, later: int
) -> None:
    def attempt(race: Race, at: int) -> bool:
        late = name_of(race.key, file="2.jpg")

        def kill() -> None:
            raise Killed

        def enrol_and_delete() -> None:
            enrolled = race.other.enrol(name_of(race.key), image_of(1))["enrolled"]
            race.delete_face(enrolled["persistedFaceId"])
            race.interruptions.plan(Interruption(later, kill, first=False))

        race.uploads.upload(late, image_of(1))
        race.interruptions.plan(Interruption(at, enrol_and_delete, first=True))
        try:
            race.uploads.ingestion.ingest(late)
        except Killed:
            race.uploads.ingestion.ingest(late)
            assert race.faces() == [], at
            return True
        finally:
            race.interruptions.plan(None)
        return False

    every_call(tmp_path, kind, attempt)


def _ingest(uploads: EnrollingUploads, name: str) -> None:
    with suppress(Conflict):
        uploads.ingestion.ingest(name)


@pytest.mark.parametrize("kind", COLLECTIONS, ids=lambda kind: kind.segment)
def test_a_face_whose_deletion_was_noted_and_failed_is_not_made_twice(
    tmp_path: Path, kind: CollectionKind
) -> None:
    key, group = CollectionKey(kind, "staff"), TrainableGroup(tmp_path)
    uploads = EnrollingUploads(group)
    before = uploads.enrol(name_of(key), image_of(1))["enrolled"]
    outdated = OutdatedUploads(group.blobs, group.moments, group.clock)
    outdated.by_face(group.collections.get(key), before["persistedFaceId"])
    group.clock.advance(timedelta(seconds=1))
    after = uploads.enrol(name_of(key, file="again.jpg"), image_of(1))["enrolled"]
    assert after == before
