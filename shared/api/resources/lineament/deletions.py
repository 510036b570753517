"""Converts reports about deletions between the wire and the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.api.bodies.lineament.deletions import DeletionAnswer, OwedAnswer
from shared.api.bodies.wire import wire_time
from shared.api.call import Call
from shared.api.resources.lineament import parameters as own
from shared.api.resources.lineament.scopes import DIRECTORY, scope_name
from shared.domain.collections import FACE_COLLECTIONS
from shared.domain.directory import DirectoryScope
from shared.domain.errors import BadArgument, PersistedFaceNotFound, PersonNotFound
from shared.domain.face.recognition import SearchScope
from shared.domain.identifiers import canonical_uuid
from shared.domain.values import DeletionReport, Owed, OwedKind

if TYPE_CHECKING:
    from shared.services.deletion.report import DeletionReports

_SENTENCES = {
    OwedKind.DOCUMENTS: "Documents, their bytes in the database's files, or ids are still stored.",
    OwedKind.SNAPSHOT: "A snapshot may still hold embeddings, which no search finds.",
    OwedKind.RESULTS: "Results of uploads may name what was deleted until they are rewritten.",
    OwedKind.VERIFICATION: "What was written during the deletion is deleted by a second round.",
}
_LATE = " This is late, or waits for a training or a repair; the timer retries it."


def deletion_answer(call: Call, reports: DeletionReports) -> DeletionAnswer:
    """The progress of the deletion that the path and the query name.

    Raises:
        BadArgument: no collection is named, or one whose members are the directory's.
        PersonNotFound, PersistedFaceNotFound: the id is neither a UUID nor the collection's id.
    """
    scope, given = call.arguments[own.COLLECTION], call.request.route["deletedId"]
    if scope is None:
        raise BadArgument("'collection' is missing.")
    person_id = call.arguments[own.PERSON_OF_FACE]
    report = _report(reports, scope, given, person_id)
    owed = [_owed_answer(one) for one in report.owed]
    return DeletionAnswer(
        id=canonical_uuid(given) or given,
        collection=scope_name(scope),
        status=report.status,
        owed=owed,
    )


def _report(
    reports: DeletionReports, scope: SearchScope, given: str, person_id: str | None
) -> DeletionReport:
    key = scope.group if isinstance(scope, DirectoryScope) else scope
    if key is not None and given == key.collection_id and person_id is None:
        return reports.of_collection(key)
    if key is not None and isinstance(scope, DirectoryScope):
        raise BadArgument(f"Persons of dynamic person groups are deleted from {DIRECTORY}.")
    in_list = key is not None and key.kind in FACE_COLLECTIONS
    if in_list and person_id is not None:
        raise BadArgument("Faces of lists have no 'personId'.")
    deleted_id = canonical_uuid(given)
    if deleted_id is None:
        if in_list or person_id is not None:
            raise PersistedFaceNotFound("Persisted face ID is invalid.")
        raise PersonNotFound("Person ID is invalid.")
    if key is None:
        face_id = None if person_id is None else deleted_id
        return reports.of_directory(person_id or deleted_id, face_id)
    if in_list:
        return reports.of_face(key, deleted_id, deleted_id)
    if person_id is not None:
        return reports.of_face(key, person_id, deleted_id)
    return reports.of_person(key, deleted_id)


def _owed_answer(owed: Owed) -> OwedAnswer:
    late = _LATE if owed.until is None else ""
    return OwedAnswer(
        what=owed.what,
        until=None if owed.until is None else wire_time(owed.until),
        sentence=_SENTENCES[owed.what] + late,
    )
