"""What a test knows of uploads and deletions: what a deletion outdates, and what it may outdate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from shared.storage.records.enrolment_uploads import NEVER

EVER = datetime.max.replace(tzinfo=UTC)

Subject = tuple[str, ...]
"""What may be deleted: the collection, or its person or face of that name."""


@dataclass(frozen=True)
class Written:
    """One version of an upload.

    Attributes:
        moment: counts writes and deletions.
        modified: by the storage account's clock.
    """

    name: str
    person: str
    image: int
    moment: int
    modified: datetime


@dataclass(frozen=True)
class Deletion:
    """An acknowledged deletion.

    Attributes:
        moment: before which the uploads were written that it outdates.
        until: by the storage account's clock, the same.
    """

    subject: Subject
    moment: int
    until: datetime


class NotedUploads:
    """Uploads and deletions in the order in which they came.

    Attributes:
        written: every version of every upload.
    """

    def __init__(self) -> None:
        self.written: list[Written] = []
        self._moment = 0
        self._begun: dict[Subject, int] = {}
        self._deletions: list[Deletion] = []
        self._outdated_until: dict[Subject, datetime] = {}

    def write(self, name: str, person: str, image: int, modified: datetime) -> None:
        """Note an upload that was written."""
        self._moment += 1
        self.written.append(Written(name, person, image, self._moment, modified))

    def begin_deletion(self, subject: Subject) -> int:
        """Note that a deletion begins: its moment."""
        self._moment += 1
        self._begun[subject] = self._moment
        return self._moment

    def end_deletion(
        self, subject: Subject, begun: int, *, acknowledged: bool, until: datetime
    ) -> None:
        """Note that a deletion ended.

        Args:
            begun: the moment at which it began.
            acknowledged: whether the caller got its answer.
            until: by the storage account's clock, the latest upload that it may outdate; EVER: it
                could list the uploads.
        """
        # An upload that was written during the deletion may be taken for older.
        self._begun[subject] = self._moment
        if acknowledged:
            self._deletions.append(Deletion(subject, begun, until))
        if until != EVER:
            self._outdated_until[subject] = max(until, self._outdated_until.get(subject, NEVER))

    def is_outdated(self, upload: Written) -> bool:
        """Whether an upload is older than an acknowledged deletion of what it makes."""
        subjects = _subjects(upload)
        return any(
            upload.moment <= one.moment and upload.modified <= one.until
            for one in self._deletions
            if one.subject in subjects
        )

    def may_be_outdated(self, upload: Written) -> bool:
        """Whether a deletion came after an upload, or could not know that it had come before."""
        return any(
            upload.moment <= self._begun.get(one, 0)
            or upload.modified <= self._outdated_until.get(one, NEVER)
            for one in _subjects(upload)
        )


def _subjects(upload: Written) -> list[Subject]:
    """What may be deleted so that an upload is outdated."""
    return [("group",), ("person", upload.person), ("face", upload.person, str(upload.image))]
