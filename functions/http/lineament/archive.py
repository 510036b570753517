"""Exports and imports collections, one page per request."""

from __future__ import annotations

from functions.http.binding import Routes
from shared.api.bodies.lineament.archive import ArchiveLine, ImportAnswer
from shared.api.call import Call
from shared.api.media_types import NDJSON
from shared.api.operations import Answer
from shared.api.resources.lineament import parameters as own
from shared.api.resources.lineament.archive import (
    archive_answer,
    archive_entries,
    archive_scope,
    import_answer,
)
from shared.api.versions import LINEAMENT
from shared.composition.container import root

routes = Routes(LINEAMENT)


@routes.operation(
    "GET",
    "archive",
    summary="Export a page of a collection as JSON lines.",
    query=(own.COLLECTION, own.EMBEDDINGS, own.CONTINUATION),
    answers=ArchiveLine,
    produces=(NDJSON,),
)
def export_archive(call: Call) -> Answer:
    """Export a page of a collection."""
    start = call.arguments[own.CONTINUATION]
    return archive_answer(call, root().enrolment.archive.export_page(archive_scope(call), start))


@routes.operation(
    "POST",
    "archive",
    summary="Import lines of an export; what exists is left as it is.",
    query=(own.COLLECTION,),
    lines=ArchiveLine,
    answers=ImportAnswer,
)
def import_archive(call: Call) -> Answer:
    """Import a page of a collection."""
    scope, entries = archive_scope(call), archive_entries(call)
    return Answer(import_answer(root().enrolment.archive.import_page(scope, entries)))
