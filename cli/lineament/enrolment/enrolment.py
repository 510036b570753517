"""Enrols images in parallel. The same image is one face, however often it is enrolled.

Each face is marked with the digest of its image in userData. An image whose digest the person has
is not sent again: that is what makes an enrolment resumable, from any machine, without a journal.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

from lineament.connection.client import Client
from lineament.enrolment.parallel import Interrupted, run_parallel
from lineament.enrolment.roster import MARKER, Member, Roster
from lineament.enrolment.sources import UNREADABLE, Item, Refusal
from lineament.errors import Refused, Unreachable
from lineament.service.collections import Collection
from lineament.service.once import create_once
from lineament.service.persons import person_path
from lineament.service.recognition import DETECTION_MODEL

_ATTEMPTS = 3
_WHILE_BUSY = 60
"""Attempts where the service is busy or throttled, as another run may make it for a minute."""


class Outcome(Enum):
    """What came of an image that was not refused."""

    ADDED = "added"
    PRESENT = "present"


@dataclass(slots=True)
class Tally:
    """The result of an enrolment.

    Attributes:
        present: images that the persons had already.
        interrupted: Ctrl-C was pressed; the same command continues.
    """

    added: int = 0
    present: int = 0
    refusals: list[Refusal] = field(default_factory=list)
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class Gate:
    """What an image must satisfy.

    Attributes:
        minimum_quality: any, low, medium or high; None: as the group's gate says. Needs Lineament.
        faces: ``largest`` takes the largest of several faces; None refuses them. Needs Lineament.
    """

    detection_model: str = DETECTION_MODEL
    minimum_quality: str | None = None
    faces: str | None = None


class Enrolment:
    """Adds the faces of images to persons of a group."""

    def __init__(self, client: Client, group: Collection, roster: Roster, gate: Gate) -> None:
        self._client = client
        self._group = group
        self._roster = roster
        self._gate = gate

    def run(self, items: Sequence[Item], threads: int, advance: Callable[[], None]) -> Tally:
        """Enrol all items.

        Args:
            advance: called after each of them.

        Raises:
            Unreachable: the service no longer answers.
        """
        tally = Tally()

        def count(result: Outcome | Refusal) -> None:
            if isinstance(result, Refusal):
                tally.refusals.append(result)
            elif result is Outcome.ADDED:
                tally.added += 1
            else:
                tally.present += 1
            advance()

        try:
            run_parallel(_in_turns(items), self._enrol, threads, count)
        except Interrupted:
            tally.interrupted = True
        return tally

    def _enrol(self, item: Item) -> Outcome | Refusal:
        try:
            content = item.read()
        except Refused as error:
            return Refusal(item.image, item.person, UNREADABLE, error.message)
        marker = MARKER + hashlib.sha256(content).hexdigest()
        try:
            member = self._roster.member(item.person)
            with member.lock:
                self._roster.load_digests(member)
                if marker in member.digests:
                    return Outcome.PRESENT
                member.digests.add(marker)
            self._add(member, content, marker)
        except Refused as error:
            return Refusal(item.image, item.person, error.code, error.message)
        return Outcome.ADDED

    def _add(self, member: Member, content: bytes, marker: str) -> None:
        """Add a face. A request without an answer is repeated only if it had no effect."""
        query = {
            "detectionModel": self._gate.detection_model,
            "userData": marker,
            "minimumQuality": self._gate.minimum_quality,
            "faces": self._gate.faces,
        }
        path = f"{person_path(self._group, member.person_id)}/persistedfaces"
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                create_once(
                    self._client,
                    path,
                    [query],
                    lambda face: self._roster.has_face(member, face["persistedFaceId"], marker),
                    content=content,
                    query=query,
                    attempts=_WHILE_BUSY,
                )
                return
            except Unreachable:
                if attempt == _ATTEMPTS:
                    raise
                if self._roster.was_added(member, marker):
                    return


def _in_turns(items: Sequence[Item]) -> Iterator[Item]:
    """One image of each person after the other: few requests meet at one person."""
    waiting: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        waiting[item.person].append(item)
    round_number = 0
    while waiting:
        for person in list(waiting):
            if round_number < len(waiting[person]):
                yield waiting[person][round_number]
            else:
                del waiting[person]
        round_number += 1
