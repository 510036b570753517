"""The ledger of a soak: what the service acknowledged, and what it was asked without an answer."""

from __future__ import annotations

import math
import threading
from collections import Counter
from dataclasses import dataclass, field
from random import Random


@dataclass
class LedgerPerson:
    """A person that the service acknowledged.

    Attributes:
        name: unique in the soak.
        portrait: the image of all the faces.
        faces: acknowledged persistedFaceIds.
        unanswered: additions of faces without an answer; each may have happened.
        deletion: None; "asked": without an answer; "done": acknowledged.
    """

    person_id: str
    name: str
    portrait: str
    faces: set[str] = field(default_factory=set)
    unanswered: int = 0
    deletion: str | None = None


class Ledger:
    """Everything that the clients of a soak know. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.persons: dict[str, LedgerPerson] = {}
        self.unanswered_names: set[str] = set()
        self.uploads: dict[str, tuple[str, float]] = {}
        self.emulator_kills: list[float] = []
        self.counts: Counter[str] = Counter()
        self.faults: list[str] = []

    def count(self, what: str) -> None:
        """Count something for the report."""
        with self._lock:
            self.counts[what] += 1

    def fault(self, sentence: str) -> None:
        """Note a broken promise."""
        with self._lock:
            self.faults.append(sentence)

    def ask_person(self, name: str) -> None:
        """A person of this name is about to be created."""
        with self._lock:
            self.unanswered_names.add(name)

    def created(self, person: LedgerPerson) -> None:
        """The service acknowledged a person."""
        with self._lock:
            self.unanswered_names.discard(person.name)
            self.persons[person.person_id] = person
            self.counts["persons"] += 1

    def ask_face(self, person: LedgerPerson) -> None:
        """A face is about to be added."""
        with self._lock:
            person.unanswered += 1

    def added(self, person: LedgerPerson, face_id: str) -> None:
        """The service acknowledged a face."""
        with self._lock:
            person.unanswered -= 1
            person.faces.add(face_id)
            self.counts["faces"] += 1

    def refused(self, person: LedgerPerson) -> None:
        """The service answered that it added no face."""
        with self._lock:
            person.unanswered -= 1

    def pick_for_deletion(self, random: Random) -> LedgerPerson | None:
        """A living person, from now on marked for deletion; None if there are few."""
        with self._lock:
            living = [person for person in self.persons.values() if person.deletion is None]
            if len(living) < 5:
                return None
            person = random.choice(living)
            person.deletion = "asked"
            return person

    def deleted(self, person: LedgerPerson) -> None:
        """The service acknowledged a deletion."""
        with self._lock:
            person.deletion = "done"
            self.counts["deletions"] += 1

    def gone(self) -> set[str]:
        """The ids of persons whose deletion was acknowledged before this call."""
        with self._lock:
            return {key for key, person in self.persons.items() if person.deletion == "done"}

    def uploaded(self, name: str, etag: str, began: float) -> None:
        """Storage acknowledged an upload that began at a moment of the monotonic clock."""
        with self._lock:
            self.uploads[name] = (etag, began)
            self.counts["uploads"] += 1

    def seconds_to_kill(self, began: float) -> float:
        """From the begin of an upload to the next kill of the emulator; infinite if none came."""
        with self._lock:
            later = [kill - began for kill in self.emulator_kills if kill >= began]
        return min(later, default=math.inf)
