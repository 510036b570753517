"""The main job: enrol people, train, identify; strangers stay unknown."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from tests.end_to_end.service import RunningService
from tests.images import portrait, reference_images

FAMILY = ("Dad", "Mom", "Son", "Daughter")


@pytest.fixture(scope="module", params=["sqlite", "cosmos"])
def service(request: pytest.FixtureRequest) -> RunningService:
    """A service with each document store."""
    name = {"sqlite": "service", "cosmos": "cosmos_service"}[request.param]
    running: RunningService = request.getfixturevalue(name)
    return running


@pytest.fixture(scope="module")
def faces() -> Path:
    """The folder of Microsoft's sample images."""
    return reference_images() / "faces"


@pytest.fixture(scope="module", params=["persongroups", "largepersongroups"])
def family(
    service: RunningService, faces: Path, request: pytest.FixtureRequest
) -> tuple[str, dict[str, str]]:
    """A trained group of Family1: its path, and the name of each personId."""
    path = f"{request.param}/family-{uuid.uuid4().hex[:8]}"
    service.ok("PUT", path, {"name": "Family1", "recognitionModel": "recognition_04"})
    people = {}
    for name in FAMILY:
        person = service.ok("POST", f"{path}/persons", {"name": name})["personId"]
        people[person] = name
        for file in sorted(faces.glob(f"Family1-{name}*.jpg")):
            service.ok("POST", f"{path}/persons/{person}/persistedfaces", image=file.read_bytes())
    assert service.train(path)["status"] == "succeeded"
    return path, people


def scope(path: str) -> dict[str, str]:
    """The member of an identify body that names a group."""
    kind, _, name = path.partition("/")
    members = {"persongroups": "personGroupId", "largepersongroups": "largePersonGroupId"}
    return {members[kind]: name}


def test_all_four_of_the_family_are_identified_on_a_group_image(
    service: RunningService, family: tuple[str, dict[str, str]], faces: Path
) -> None:
    path, people = family
    image = (faces / "identification1.jpg").read_bytes()
    face_ids = service.faces(image, recognitionModel="recognition_04")
    answer = service.ok("POST", "identify", {"faceIds": face_ids, **scope(path)})
    assert [entry["faceId"] for entry in answer] == face_ids
    best = [people[entry["candidates"][0]["personId"]] for entry in answer if entry["candidates"]]
    assert sorted(best) == sorted(FAMILY)


@pytest.mark.parametrize("stranger", ["Family2-Lady1.jpg", "Family2-Man1.jpg"])
def test_a_stranger_has_no_candidate(
    service: RunningService, family: tuple[str, dict[str, str]], faces: Path, stranger: str
) -> None:
    path, _ = family
    image = (faces / stranger).read_bytes()
    face_ids = service.faces(image, recognitionModel="recognition_04")
    answer = service.ok("POST", "identify", {"faceIds": face_ids, **scope(path)})
    assert [entry["candidates"] for entry in answer] == [[]]


def test_portraits_of_one_person_verify_and_of_two_people_do_not(service: RunningService) -> None:
    one, same, other = (
        service.faces(portrait(name).read_bytes())[0]
        for name in ("person_a_1", "person_a_2", "person_b_1")
    )
    alike = service.ok("POST", "verify", {"faceId1": one, "faceId2": same})
    different = service.ok("POST", "verify", {"faceId1": one, "faceId2": other})
    assert alike["isIdentical"] is True
    assert alike["confidence"] >= 0.5
    assert different["isIdentical"] is False
    assert different["confidence"] < 0.5


def test_a_face_verifies_against_a_person_without_training(service: RunningService) -> None:
    path = f"persongroups/{uuid.uuid4().hex}"
    service.ok("PUT", path, {"name": "untrained"})
    person = service.ok("POST", f"{path}/persons", {"name": "A"})["personId"]
    service.ok(
        "POST",
        f"{path}/persons/{person}/persistedfaces",
        image=portrait("person_a_1").read_bytes(),
    )
    scores = {}
    for name in ("person_a_2", "impostor_1"):
        probe = service.faces(portrait(name).read_bytes())[0]
        body = {"faceId": probe, "personId": person, "personGroupId": path.partition("/")[2]}
        scores[name] = service.ok("POST", "verify", body)["isIdentical"]
    assert scores == {"person_a_2": True, "impostor_1": False}


def test_find_similar_ranks_the_same_person_first(service: RunningService) -> None:
    probe, same, other = (
        service.faces(portrait(name).read_bytes())[0]
        for name in ("person_a_1", "person_a_2", "impostor_2")
    )
    body = {"faceId": probe, "faceIds": [other, same]}
    persons = service.ok("POST", "findsimilars", body)
    everyone = service.ok("POST", "findsimilars", {**body, "mode": "matchFace"})
    assert [face["faceId"] for face in persons] == [same]
    assert [face["faceId"] for face in everyone] == [same, other]


def test_a_deleted_person_is_no_longer_a_candidate_and_the_next_best_is(
    service: RunningService,
) -> None:
    group = uuid.uuid4().hex
    path = f"largepersongroups/{group}"
    service.ok("PUT", path, {"name": "two of a kind"})
    people = []
    for portrait_name in ("person_a_1", "person_a_2"):
        person = service.ok("POST", f"{path}/persons", {"name": "A"})["personId"]
        image = portrait(portrait_name).read_bytes()
        service.ok("POST", f"{path}/persons/{person}/persistedfaces", image=image)
        people.append(person)
    service.train(path)
    probe = service.faces(portrait("person_a_1").read_bytes())
    body = {"faceIds": probe, "largePersonGroupId": group, "maxNumOfCandidatesReturned": 1}

    def candidates() -> list[str]:
        answer = service.ok("POST", "identify", body)
        return [candidate["personId"] for candidate in answer[0]["candidates"]]

    assert candidates() == [people[0]]
    service.ok("DELETE", f"{path}/persons/{people[0]}")
    assert candidates() == [people[1]]
    assert service.call("GET", f"{path}/persons/{people[0]}").status_code == 404
    service.train(path)
    assert candidates() == [people[1]]


def test_a_deleted_face_no_longer_counts(service: RunningService) -> None:
    group = uuid.uuid4().hex
    path = f"persongroups/{group}"
    service.ok("PUT", path, {"name": "one face"})
    person = service.ok("POST", f"{path}/persons", {"name": "A"})["personId"]
    faces = [
        service.ok(
            "POST",
            f"{path}/persons/{person}/persistedfaces",
            image=portrait(name).read_bytes(),
        )["persistedFaceId"]
        for name in ("person_a_1", "person_b_1")
    ]
    service.train(path)
    probe = service.faces(portrait("person_b_2").read_bytes())
    body = {"faceIds": probe, "personGroupId": group}
    assert len(service.ok("POST", "identify", body)[0]["candidates"]) == 1
    service.ok("DELETE", f"{path}/persons/{person}/persistedfaces/{faces[1]}")
    assert service.ok("POST", "identify", body)[0]["candidates"] == []


def test_training_is_a_snapshot(service: RunningService) -> None:
    group = uuid.uuid4().hex
    path = f"persongroups/{group}"
    service.ok("PUT", path, {"name": "snapshot"})
    probe = service.faces(portrait("person_b_1").read_bytes())
    body = {"faceIds": probe, "personGroupId": group}

    def enrol(portrait_name: str) -> str:
        person: str = service.ok("POST", f"{path}/persons", {"name": portrait_name})["personId"]
        image = portrait(portrait_name).read_bytes()
        service.ok("POST", f"{path}/persons/{person}/persistedfaces", image=image)
        return person

    enrol("person_a_1")
    untrained = service.call("POST", "identify", body)
    assert untrained.status_code == 400
    assert untrained.json()["error"]["code"] == "PersonGroupNotTrained"
    service.train(path)
    late = enrol("person_b_2")
    assert service.ok("POST", "identify", body)[0]["candidates"] == []
    service.train(path)
    found = service.ok("POST", "identify", body)[0]["candidates"]
    assert [candidate["personId"] for candidate in found] == [late]


def test_an_empty_group_fails_to_train_and_says_why(service: RunningService) -> None:
    path = f"persongroups/{uuid.uuid4().hex}"
    service.ok("PUT", path, {"name": "empty"})
    outcome = service.train(path)
    assert outcome["status"] == "failed"
    assert "Add faces" in outcome["message"]
    assert "lastSuccessfulTrainingDateTime" not in outcome


def test_a_group_made_again_under_the_same_id_is_empty(service: RunningService) -> None:
    path = f"persongroups/{uuid.uuid4().hex}"
    service.ok("PUT", path, {"name": "first life"})
    person = service.ok("POST", f"{path}/persons", {"name": "A"})["personId"]
    image = portrait("person_a_1").read_bytes()
    service.ok("POST", f"{path}/persons/{person}/persistedfaces", image=image)
    service.train(path)
    service.ok("DELETE", path)
    assert service.call("GET", path).status_code == 404
    service.ok("PUT", path, {"name": "second life"})
    assert service.ok("GET", f"{path}/persons") == []
    assert (
        service.call("GET", f"{path}/training").json()["error"]["code"] == "PersonGroupNotTrained"
    )
