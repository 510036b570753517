"""Exports and imports the faces of face lists and large face lists."""

from __future__ import annotations

from collections.abc import Sequence

from shared.domain.values import Collection, PersistedFace
from shared.services.archive.entries import (
    FACES,
    ArchivePage,
    Entry,
    FaceEntry,
    ImportOutcome,
    bad_line,
    only,
)
from shared.services.collections.quotas import QuotaChecks
from shared.storage.records.collections.listed_faces import ListedFaces
from shared.storage.records.collections.marks import Marks

_PAGE = 1_000
_HOLDS = "a face list holds faces only."


class ListFaces:
    """The faces of one list."""

    def __init__(
        self, collection: Collection, faces: ListedFaces, marks: Marks, quotas: QuotaChecks
    ) -> None:
        self._collection = collection
        self._faces = faces
        self._marks = marks
        self._quotas = quotas

    def export_page(self, start: str) -> ArchivePage:
        """A page of faces with ids greater than ``start``."""
        found = self._faces.page(self._collection, start=start, top=_PAGE)
        entries = [
            FaceEntry(None, one.persisted_face_id, one.user_data, embedding=one.embedding)
            for one in found
        ]
        return ArchivePage(entries, found[-1].persisted_face_id if len(found) == _PAGE else None)

    def import_page(self, entries: Sequence[Entry]) -> ImportOutcome:
        """Add the faces that the list does not have.

        Raises:
            BadArgument: a line is not that of a list's face.
            QuotaExceeded: there is no room for all of them.
        """
        faces = face_entries(entries)
        known = self._faces.find_many(self._collection, [one.face_id for one in faces])
        marked = self._marks.deleted_ids(self._collection.incarnation)
        outcome = ImportOutcome()
        new: dict[str, PersistedFace] = {}
        for face, there in zip(faces, known, strict=True):
            if there is not None or face.face_id in new:
                outcome.existing[FACES] += 1
            elif face.face_id in marked:
                outcome.deleted[FACES] += 1
            elif face.embedding is None:
                outcome.skipped[FACES] += 1
            else:
                new[face.face_id] = PersistedFace(
                    face.face_id, face.face_id, face.embedding, face.user_data
                )
        added = self._add(list(new.values()))
        outcome.created[FACES] += added
        outcome.existing[FACES] += len(new) - added
        return outcome

    def _add(self, faces: Sequence[PersistedFace]) -> int:
        if not faces:
            return 0
        with self._quotas.room_for_listed_face(self._collection, len(faces)) as maximum:
            return self._faces.add_missing(self._collection, faces, maximum=maximum)


def face_entries(entries: Sequence[Entry]) -> list[FaceEntry]:
    """The entries of a list.

    Raises:
        BadArgument: a line is not that of a list's face.
    """
    faces = only(FaceEntry, entries, _HOLDS)
    for face in faces:
        if face.person_id is not None:
            raise bad_line(face.line, "faces of lists have no 'personId'.")
    return faces
