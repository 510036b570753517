"""How far a search for duplicates is, on the wire."""

from __future__ import annotations

from typing import cast

from shared.api.bodies.lineament.duplicates import DuplicatesAnswer
from shared.api.call import Call
from shared.api.http import Request
from shared.api.operations import Operation
from shared.api.parameters import Arguments, Capabilities
from shared.api.resources.lineament import parameters as own
from shared.api.resources.lineament.discovery.duplicates import duplicates_answer
from shared.api.versions import LINEAMENT
from shared.domain.collections import LARGE_PERSON_GROUP, CollectionKey
from shared.domain.face.duplicates import DuplicatesRunning
from shared.services.duplicates.duplicates import Duplicates

_QUERY = (
    own.COLLECTION,
    own.DUPLICATE_CONFIDENCE,
    own.CONTINUATION,
    own.TOP,
    own.DIRECTORY_MODEL,
)


class Running:
    """A search that is under way."""

    def find(self, *arguments: object, **named: object) -> DuplicatesRunning:
        """How far it is."""
        assert arguments == (CollectionKey(LARGE_PERSON_GROUP, "staff"), "recognition_04")
        assert named == {"threshold": 0.75, "start": "", "top": 100}
        return DuplicatesRunning(42)


def test_a_search_that_runs_is_answered_with_its_percentage_and_when_to_ask_again() -> None:
    query = {"collection": "largepersongroups/staff"}
    call = Call(
        Operation("find_duplicates", "GET", "duplicates", "Find.", query=_QUERY, api=LINEAMENT),
        LINEAMENT.version("v1"),
        Request("GET", "http://inside/lineament/v1/duplicates", {}, query, {}, b""),
        Arguments.parse(_QUERY, query, Capabilities()),
    )
    answer = duplicates_answer(call, cast("Duplicates", Running()))
    assert answer.status == 202
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.body == DuplicatesAnswer("largepersongroups/staff", "running", percent=42)
