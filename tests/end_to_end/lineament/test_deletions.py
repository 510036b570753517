"""A deletion reads as erasing with what is owed, an unknown id as gone."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.refusals import UNKNOWN_ID, refused
from tests.end_to_end.service import RunningService, await_next_round


def deletion(service: RunningService, deleted_id: str, **query: str) -> dict[str, Any]:
    """The answer about an id."""
    answer: dict[str, Any] = service.own("GET", f"deletions/{deleted_id}", **query)
    return answer


def test_a_person_and_its_group_are_followed_through_their_deletions(
    service: RunningService, faces: Path
) -> None:
    group = uuid.uuid4().hex
    path = f"largepersongroups/{group}"
    service.ok("PUT", path, {"name": "some", "recognitionModel": "recognition_04"})
    person = service.ok("POST", f"{path}/persons", {"name": "Dad"})["personId"]
    image = (faces / "Family1-Dad1.jpg").read_bytes()
    added = service.ok("POST", f"{path}/persons/{person}/persistedfaces", image=image)
    face = added["persistedFaceId"]
    assert service.train(path)["status"] == "succeeded"
    existing = {"collection": path, "status": "existing", "owed": []}
    assert deletion(service, person.upper(), collection=path) == {"id": person, **existing}
    assert deletion(service, face, collection=path, personId=person) == {"id": face, **existing}
    assert deletion(service, group, collection=path) == {"id": group, **existing}

    await_next_round()
    service.ok("DELETE", f"{path}/persons/{person}")
    of_person = deletion(service, person, collection=path)
    assert of_person["status"] == "erasing"
    assert [one["what"] for one in of_person["owed"]] == ["documents", "snapshot"]
    assert all(one["until"].endswith("Z") and one["sentence"] for one in of_person["owed"])
    of_face = deletion(service, face, collection=path, personId=person)
    assert [one["what"] for one in of_face["owed"]] == ["documents", "snapshot"]

    service.ok("DELETE", path)
    of_group = deletion(service, group, collection=path)
    assert of_group["status"] == "erasing"
    assert {one["what"] for one in of_group["owed"]} <= {"documents", "snapshot", "verification"}


@pytest.mark.parametrize(
    "collection", ["persongroups/nowhere", "largefacelists/nowhere", "persondirectory"]
)
def test_an_id_that_never_existed_is_gone(service: RunningService, collection: str) -> None:
    assert deletion(service, UNKNOWN_ID, collection=collection) == {
        "id": UNKNOWN_ID,
        "collection": collection,
        "status": "gone",
        "owed": [],
    }


def test_faces_of_lists_and_persons_of_the_directory_are_followed(
    service: RunningService, faces: Path
) -> None:
    path = f"facelists/{uuid.uuid4().hex}"
    service.ok("PUT", path, {"name": "some", "recognitionModel": "recognition_04"})
    image = (faces / "Family1-Dad1.jpg").read_bytes()
    face = service.ok("POST", f"{path}/persistedfaces", image=image)["persistedFaceId"]
    assert deletion(service, face, collection=path)["status"] == "existing"
    service.ok("DELETE", f"{path}/persistedfaces/{face}")
    assert deletion(service, face, collection=path)["status"] == "gone"
    person = service.ok("POST", "persons", {"name": "Dad"})["personId"]
    assert deletion(service, person, collection="persondirectory")["status"] == "existing"


@pytest.mark.parametrize(
    ("deleted_id", "query", "status", "code"),
    [
        (UNKNOWN_ID, {}, 400, "BadArgument"),
        (UNKNOWN_ID, {"collection": "elsewhere/a"}, 400, "BadArgument"),
        (UNKNOWN_ID, {"collection": "dynamicpersongroups/a"}, 400, "BadArgument"),
        (UNKNOWN_ID, {"collection": "persongroups/a", "personId": "x"}, 400, "BadArgument"),
        (UNKNOWN_ID, {"collection": "facelists/a", "personId": UNKNOWN_ID}, 400, "BadArgument"),
        ("x", {"collection": "persongroups/a"}, 404, "PersonNotFound"),
        ("x", {"collection": "persondirectory"}, 404, "PersonNotFound"),
        ("x", {"collection": "facelists/a"}, 404, "PersistedFaceNotFound"),
        (
            "x",
            {"collection": "persongroups/a", "personId": UNKNOWN_ID},
            404,
            "PersistedFaceNotFound",
        ),
    ],
)
def test_an_invalid_question_is_refused(
    service: RunningService, deleted_id: str, query: dict[str, str], status: int, code: str
) -> None:
    answer = service.call_own("GET", f"deletions/{deleted_id}", **query)
    assert refused(answer, status)["code"] == code
