"""Face lists are searched as they are, large face lists as last trained."""

from __future__ import annotations

import uuid
from contextlib import closing
from typing import Any

import numpy as np
import pytest

from shared.domain.clock import SystemClock
from shared.domain.collections import FACE_LIST, CollectionKey
from shared.domain.values import Embedding, PersistedFace
from shared.storage.documents.schema import VersionedDocumentStore
from shared.storage.documents.sqlite.store import SqliteDocumentStore
from shared.storage.layout import COLLECTIONS, PEOPLE
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.collections.listed_faces import ListedFaces
from tests.end_to_end.service import RunningService
from tests.images import portrait

KINDS = {"facelists": "faceListId", "largefacelists": "largeFaceListId"}


def image(name: str) -> bytes:
    """The bytes of a portrait."""
    return portrait(name).read_bytes()


def made(service: RunningService, kind: str, **members: str) -> str:
    """The path of a new list."""
    path = f"{kind}/{uuid.uuid4().hex}"
    service.ok("PUT", path, {"name": "list", **members})
    return path


def added(service: RunningService, path: str, name: str, **query: str) -> str:
    """Add a portrait and return its persistedFaceId."""
    face: str = service.ok("POST", f"{path}/persistedfaces", image=image(name), **query)[
        "persistedFaceId"
    ]
    return face


def similar(service: RunningService, path: str, probe: str, **more: Any) -> list[str]:
    """The persistedFaceIds of the faces similar to a face, best first."""
    kind, _, list_id = path.partition("/")
    body = {"faceId": probe, KINDS[kind]: list_id, **more}
    answer = service.ok("POST", "findsimilars", body)
    confidences = [one["confidence"] for one in answer]
    assert confidences == sorted(confidences, reverse=True)
    assert all(set(one) == {"persistedFaceId", "confidence"} for one in answer)
    return [one["persistedFaceId"] for one in answer]


def test_a_face_list_is_read_with_its_faces(service: RunningService) -> None:
    path = made(service, "facelists", userData="mine", recognitionModel="recognition_03")
    expected: dict[str, Any] = {
        "faceListId": path.partition("/")[2],
        "name": "list",
        "userData": "mine",
        "persistedFaces": [],
    }
    assert service.ok("GET", path) == expected
    first = added(service, path, "person_a_1", userData="first")
    second = added(service, path, "person_b_1")
    faces: list[dict[str, str]] = [
        {"persistedFaceId": first, "userData": "first"},
        {"persistedFaceId": second},
    ]
    expected["persistedFaces"] = sorted(faces, key=lambda face: face["persistedFaceId"])
    expected["recognitionModel"] = "recognition_03"
    assert service.ok("GET", path, returnRecognitionModel="true") == expected
    listed = [one for one in service.ok("GET", "facelists") if one["name"] == "list"]
    assert listed
    assert all("persistedFaces" not in one for one in listed)
    service.ok("DELETE", f"{path}/persistedfaces/{first}")
    assert [face["persistedFaceId"] for face in service.ok("GET", path)["persistedFaces"]] == [
        second
    ]


def test_additions_to_and_deletions_from_a_face_list_take_effect_at_once(
    service: RunningService,
) -> None:
    path = made(service, "facelists")
    probe = service.faces(image("person_a_1"))[0]
    same = added(service, path, "person_a_2")
    assert similar(service, path, probe) == [same]
    other = added(service, path, "impostor_1")
    again = added(service, path, "person_a_1")
    assert similar(service, path, probe) == [again, same]
    assert similar(service, path, probe, mode="matchFace") == [again, same, other]
    assert similar(service, path, probe, maxNumOfCandidatesReturned=1) == [again]
    service.ok("DELETE", f"{path}/persistedfaces/{again}")
    assert similar(service, path, probe) == [same]


def test_an_empty_face_list_is_not_ready(service: RunningService) -> None:
    path = made(service, "facelists")
    probe = service.faces(image("person_a_1"))[0]
    body = {"faceId": probe, "faceListId": path.partition("/")[2]}
    refused = service.call("POST", "findsimilars", body)
    assert refused.status_code == 400
    assert refused.json()["error"] == {
        "code": "FaceListNotReady",
        "message": "Face list is empty.",
    }


def test_a_large_face_list_is_searched_as_last_trained(service: RunningService) -> None:
    path = made(service, "largefacelists")
    probe = service.faces(image("person_a_1"))[0]
    body = {"faceId": probe, "largeFaceListId": path.partition("/")[2]}
    assert service.call("GET", f"{path}/training").json()["error"]["code"] == (
        "LargeFaceListNotTrained"
    )
    same = added(service, path, "person_a_2")
    other = added(service, path, "impostor_1")
    untrained = service.call("POST", "findsimilars", body)
    assert untrained.status_code == 400
    assert untrained.json()["error"]["code"] == "LargeFaceListNotTrained"
    assert service.train(path)["status"] == "succeeded"
    assert similar(service, path, probe) == [same]
    assert similar(service, path, probe, mode="matchFace") == [same, other]
    late = added(service, path, "person_a_1")
    assert similar(service, path, probe) == [same]
    service.ok("DELETE", f"{path}/persistedfaces/{same}")
    assert similar(service, path, probe) == []
    service.train(path)
    assert similar(service, path, probe) == [late]


def test_the_faces_of_a_large_face_list_are_read_changed_and_paged(
    service: RunningService,
) -> None:
    path = made(service, "largefacelists")
    names = ("person_a_1", "person_a_2", "person_b_1", "impostor_1")
    faces = sorted(added(service, path, name) for name in names)
    every = service.ok("GET", f"{path}/persistedfaces")
    assert [face["persistedFaceId"] for face in every] == faces
    paged = []
    start = ""
    while page := service.ok("GET", f"{path}/persistedfaces", start=start, top="1"):
        paged += [face["persistedFaceId"] for face in page]
        start = paged[-1]
    assert paged == faces
    face = f"{path}/persistedfaces/{faces[0]}"
    service.ok("PATCH", face, {"userData": "changed"})
    assert service.ok("GET", face) == {"persistedFaceId": faces[0], "userData": "changed"}
    service.ok("PATCH", face, {})
    assert service.ok("GET", face) == {"persistedFaceId": faces[0]}
    service.ok("DELETE", face)
    gone = service.call("GET", face)
    assert gone.status_code == 404
    assert gone.json()["error"] == {
        "code": "PersistedFaceNotFound",
        "message": f"Large Face List Face {faces[0]} is not found.",
    }


@pytest.mark.parametrize("kind", KINDS)
def test_another_recognition_model_is_incompatible(service: RunningService, kind: str) -> None:
    path = made(service, kind, recognitionModel="recognition_04")
    added(service, path, "person_a_1")
    if kind == "largefacelists":
        service.train(path)
    probe = service.faces(image("person_a_2"), recognitionModel="recognition_02")[0]
    body = {"faceId": probe, KINDS[kind]: path.partition("/")[2]}
    refused = service.call("POST", "findsimilars", body)
    assert refused.status_code == 400
    assert refused.json()["error"]["message"] == "'recognitionModel' is incompatible."


def test_a_list_with_faces_of_a_replaced_model_of_another_dimension_is_incompatible(
    service: RunningService,
) -> None:
    path = made(service, "facelists")
    added(service, path, "person_a_1")
    probe = service.faces(image("person_a_2"))[0]
    face_id = str(uuid.uuid4())
    vector = np.array([1, 0, 0], np.float32)
    store = SqliteDocumentStore(service.data / "lineament.sqlite", clock=SystemClock())
    with closing(store):
        collections = CollectionRecords(VersionedDocumentStore(store).container(COLLECTIONS))
        ListedFaces(VersionedDocumentStore(store).container(PEOPLE)).add(
            collections.get(CollectionKey(FACE_LIST, path.partition("/")[2])),
            PersistedFace(face_id, face_id, Embedding(vector, "replaced")),
            maximum=1_000,
        )
    for mode in ("matchPerson", "matchFace"):
        body = {"faceId": probe, "faceListId": path.partition("/")[2], "mode": mode}
        refused = service.call("POST", "findsimilars", body)
        assert refused.status_code == 400
        assert refused.json()["error"] == {
            "code": "BadArgument",
            "message": "'recognitionModel' is incompatible.",
        }


@pytest.mark.parametrize("kind", KINDS)
def test_a_deleted_list_does_not_exist_and_is_empty_when_created_again(
    service: RunningService, kind: str
) -> None:
    path = made(service, kind)
    face = added(service, path, "person_a_1")
    service.ok("DELETE", path)
    assert service.call("GET", path).status_code == 404
    assert service.call("DELETE", f"{path}/persistedfaces/{face}").status_code == 404
    service.ok("PUT", path, {"name": "again"})
    assert service.call("DELETE", f"{path}/persistedfaces/{face}").status_code == 404
