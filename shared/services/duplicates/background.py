"""Searches for duplicates in collections that are too large for one request, by queue messages.

A search processes persons in order of id and records its progress: after a crash only the work
since the last record is repeated, and a long search continues in another delivery. One worker at a
time runs a search, under a lease.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from shared.domain.clock import Clock
from shared.domain.collections import KINDS, CollectionKey
from shared.domain.directory import DirectoryScope
from shared.domain.errors import CollectionNotFound, NotTrained, TrainingNotFinished
from shared.domain.face.duplicates import (
    AlikePersons,
    DuplicatesRunning,
    FoundDuplicates,
    MixedPerson,
)
from shared.domain.face.recognition import SearchScope
from shared.gallery.duplicates.alike import AlikeSearch
from shared.gallery.duplicates.mixed import mixed_persons
from shared.gallery.duplicates.person_faces import PersonFaces
from shared.services.duplicates.scopes import DIRECTORY_VERSION, OpenedFaces, PersonScopes
from shared.services.messages import DuplicatesMessage, encode
from shared.services.queue_policy import LEASE, LOST_WHEN_QUEUE_IS_EMPTY, is_older, lease_holds
from shared.services.recognition.comparison import Comparison
from shared.storage.account.queues import QueueSender
from shared.storage.layout import DUPLICATES_QUEUE
from shared.storage.records.duplicates.searches import DuplicateSearch, DuplicateSearchRecords

_log = logging.getLogger(__name__)

MIXED_CONFIDENCE = 0.3
"""Two groups of a person's faces are reported if no pair across them has a higher confidence.

From `make accuracy ACCURACY=mixed-persons`."""

_DIRECTORY_LIFE = timedelta(hours=1)
"""How long a search of the directory, which has no trainings, stays valid."""

_BETWEEN_WRITES = LEASE / 3
_OF_ONE_MESSAGE = timedelta(minutes=5)
"""Time after which a search continues in another delivery; the host ends one after 30 minutes."""


class DuplicateSearches:
    """Starts and runs searches, and reports their results."""

    def __init__(
        self,
        records: DuplicateSearchRecords,
        scopes: PersonScopes,
        comparison: Comparison,
        queues: QueueSender,
        clock: Clock,
    ) -> None:
        self._records = records
        self._scopes = scopes
        self._comparison = comparison
        self._queues = queues
        self._clock = clock

    def current(
        self, opened: OpenedFaces, scope: SearchScope, directory_model: str
    ) -> FoundDuplicates | DuplicatesRunning:
        """The result for these faces, or the progress of the search; starts it if necessary."""
        now = self._clock.now()
        stored = self._records.find(opened.name)
        if stored is not None and self._holds(stored, opened, now):
            if stored.done:
                return stored.found
            if not lease_holds(stored.lease_expires, now) and is_older(
                stored.asked, LOST_WHEN_QUEUE_IS_EMPTY, now
            ):
                self._send(replace(stored, asked=now))
            return DuplicatesRunning(stored.percent)
        key = scope if isinstance(scope, CollectionKey) else None
        fresh = DuplicateSearch(
            opened.name,
            None if key is None else (key.kind.name, key.collection_id),
            directory_model,
            opened.version,
            now,
            FoundDuplicates(opened.model, now, (), ()),
            correction=self._comparison.correction(opened.model),
            etag="" if stored is None else stored.etag,
        )
        self._send(fresh)
        return DuplicatesRunning(0)

    def run(self, message: DuplicatesMessage) -> None:
        """Run a search; a message may be delivered more than once."""
        stored = self._records.find(message.search)
        if stored is None or stored.done:
            return
        now = self._clock.now()
        if lease_holds(stored.lease_expires, now):
            delay = int(LEASE.total_seconds())
            self._queues.send(DUPLICATES_QUEUE, encode(message), delay=delay)
            return
        held = self._records.write(replace(stored, lease_expires=now + LEASE))
        if held is None:
            return  # Another worker was first.
        try:
            opened = self._scopes.open(_scope(held), held.directory_model)
        except (CollectionNotFound, NotTrained, TrainingNotFinished):
            self._records.forget(held.name)
            return
        self._search(held, opened)

    def compare(self, model: str, faces: PersonFaces) -> FoundDuplicates:
        """Run a whole search within the call."""
        search = AlikeSearch(faces, crowding=self._comparison.crowding(model, faces.vectors))
        for _ in search.steps():
            continue
        return self._found(model, search.pairs(), faces)

    def _holds(self, stored: DuplicateSearch, opened: OpenedFaces, now: datetime) -> bool:
        """Whether a search was made of the current faces, with the current correction of scores."""
        if stored.version != opened.version:
            return False
        if stored.correction != self._comparison.correction(opened.model):
            return False
        if opened.version != DIRECTORY_VERSION or not stored.done:
            return True
        return not is_older(stored.found.computed, _DIRECTORY_LIFE, now)

    def _search(self, held: DuplicateSearch, opened: OpenedFaces) -> None:
        faces = opened.faces
        correction = self._comparison.correction(opened.model)
        begun_on = (held.name, held.version, held.correction)
        if begun_on != (opened.name, opened.version, correction):
            # The faces or the cohort have changed, so that earlier scores are not valid.
            held = replace(
                held,
                version=opened.version,
                correction=correction,
                found=FoundDuplicates(opened.model, self._clock.now(), (), ()),
                person_id=None,
                percent=0,
            )
        if faces is None:
            self._finish(held, held.found)
            return
        crowding = self._comparison.crowding(opened.model, faces.vectors)
        search = AlikeSearch(faces, crowding=crowding, known=held.found.pairs)
        begun = written = self._clock.now()
        first = 0 if held.person_id is None else faces.after(held.person_id)
        for person in search.steps(first):
            now = self._clock.now()
            ended = now - begun >= _OF_ONE_MESSAGE
            if person == faces.persons or not (ended or now - written >= _BETWEEN_WRITES):
                continue
            step = replace(
                held,
                found=replace(held.found, pairs=search.pairs()),
                person_id=faces.person_id(person - 1),
                percent=_percent(faces, person),
                lease_expires=None if ended else now + LEASE,
            )
            if ended:
                self._send(replace(step, asked=now))
                return
            again = self._records.write(step)
            if again is None:
                return  # The search was deleted, or taken by another worker.
            held, written = again, now
        self._finish(held, self._found(opened.model, search.pairs(), faces))

    def _found(
        self, model: str, pairs: Sequence[AlikePersons], faces: PersonFaces
    ) -> FoundDuplicates:
        return FoundDuplicates(model, self._clock.now(), pairs, self._mixed(model, faces))

    def _mixed(self, model: str, faces: PersonFaces) -> list[MixedPerson]:
        highest = self._comparison.least_cosine(model, MIXED_CONFIDENCE)
        return mixed_persons(faces, highest_cosine=highest)

    def _finish(self, held: DuplicateSearch, found: FoundDuplicates) -> None:
        done = replace(held, found=found, done=True, lease_expires=None)
        written = self._records.write(done) is not None
        _log.info("duplicates searched", extra={"pairs": len(found.pairs), "kept": written})

    def _send(self, search: DuplicateSearch) -> None:
        """Write a search and send its message, unless the search was changed meanwhile."""
        if self._records.write(search) is not None:
            self._queues.send(DUPLICATES_QUEUE, encode(DuplicatesMessage(search.name)))


def _scope(search: DuplicateSearch) -> SearchScope:
    if search.collection is None:
        return DirectoryScope()
    kind, collection_id = search.collection
    return CollectionKey(KINDS[kind], collection_id)


def _percent(faces: PersonFaces, person: int) -> int:
    """Percentage of all pairs of faces that have been compared, when ``person`` is the next one."""
    left = 1 - int(faces.offsets[person]) / faces.faces
    return min(99, int(100 * (1 - left * left)))
