"""The result of an ingestion before it is written."""

from __future__ import annotations

from dataclasses import dataclass

from shared.domain.values import Collection
from shared.services.uploads.enrolment.enrolment import Enrolled
from shared.services.uploads.results import Reason, UploadResult


@dataclass(frozen=True, slots=True)
class Analysis:
    """A result to be written.

    Attributes:
        group: the collection that was searched or enrolled in; None: there was none.
        face: the enrolled face; None: there is none.
    """

    result: UploadResult
    group: Collection | None = None
    face: Enrolled | None = None

    @property
    def persons(self) -> list[str]:
        """The personIds that the result names."""
        faces, reason = self.result.faces, self.result.reason
        named = [one.person_id for face in faces for one in face.candidates or ()]
        if isinstance(reason, Reason) and reason.person_id is not None:
            named.append(reason.person_id)
        if self.face is not None and self.face.person_id is not None:
            named.append(self.face.person_id)
        return list(dict.fromkeys(named))

    @property
    def named(self) -> list[str]:
        """The ids of persons and faces that the result names."""
        return self.persons if self.face is None else [*self.persons, self.face.face_id]
