"""azure-ai-vision-face 1.0.0b2, both clients, default version and v1.2: all operations."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

import pytest
from azure.ai.vision.face import FaceAdministrationClient, FaceClient, FaceSessionClient
from azure.ai.vision.face.aio import FaceAdministrationClient as AsyncFaceAdministrationClient
from azure.ai.vision.face.aio import FaceClient as AsyncFaceClient
from azure.ai.vision.face.aio import FaceSessionClient as AsyncFaceSessionClient
from azure.ai.vision.face.models import (
    CreateLivenessSessionContent,
    CreateLivenessWithVerifySessionContent,
    LivenessOperationMode,
)
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ResourceNotFoundError

from tests.clients.contract.recorder import Recorder
from tests.clients.every import Every, Run
from tests.images import portrait

MODEL = "recognition_04"
DETECTION = "detection_03"


@dataclass(frozen=True)
class Clients:
    """The SDK's operation groups, which track the methods that were not called."""

    faces: Every
    sessions: Every
    groups: Every
    lists: Every

    def left(self) -> set[str]:
        return set().union(*(every.left for every in vars(self).values()))


@pytest.fixture(params=["sync", "aio"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["default", "v1.2"])
def clients(kind: str, recorder: Recorder, service: Any, request: Any) -> Iterator[Clients]:
    """All clients of one kind under one version."""
    version = {} if request.param == "default" else {"api_version": request.param}
    with ExitStack() as stack:
        run: Run | None = None
        if kind == "aio":
            run = stack.enter_context(closing(asyncio.new_event_loop())).run_until_complete
        types: list[Any] = (
            [FaceClient, FaceSessionClient, FaceAdministrationClient]
            if run is None
            else [AsyncFaceClient, AsyncFaceSessionClient, AsyncFaceAdministrationClient]
        )
        made = []
        for client_type in types:
            client = client_type(recorder.url, AzureKeyCredential(service.key), **version)
            made.append(client)
            stack.callback(Every(client, run).finish_closing)
        faces, sessions, administration = made
        yield Clients(
            Every(faces, run),
            Every(sessions, run),
            Every(administration.large_person_group, run),
            Every(administration.large_face_list, run),
        )


def image(name: str) -> bytes:
    return portrait(name).read_bytes()


def detect(clients: Clients, name: str) -> str:
    found = clients.faces(
        "detect",
        image(name),
        detection_model=DETECTION,
        recognition_model=MODEL,
        return_face_id=True,
        return_recognition_model=True,
    )
    assert [face.recognition_model for face in found] == [MODEL]
    return str(found[0].face_id)


def test_every_operation_of_every_client(clients: Clients, images_url: str) -> None:
    known, stranger = detect(clients, "person_a_2"), detect(clients, "impostor_1")
    group = use_a_large_person_group(clients, known, stranger, images_url)
    use_a_large_face_list(clients, known, images_url)
    compare_faces(clients, known, images_url)
    keep_liveness_sessions(clients)
    clients.groups("delete", group)
    assert clients.left() == set()


def use_a_large_person_group(clients: Clients, known: str, stranger: str, url: str) -> str:
    groups, group = clients.groups, uuid.uuid4().hex
    groups("create", group, name="G", user_data="data", recognition_model=MODEL)
    groups("update", group, name="H")
    kept = groups("get", group, return_recognition_model=True)
    assert (kept.name, kept.user_data, kept.recognition_model) == ("H", "data", MODEL)
    listed = groups("get_large_person_groups", return_recognition_model=True)
    assert group in [one.large_person_group_id for one in listed]
    person = groups("create_person", group, name="P").person_id
    groups("update_person", group, person, user_data="person")
    added = groups("add_face", group, person, image("person_a_1"), user_data="face")
    from_url = groups("add_face_from_url", group, person, url=f"{url}/person_a_2.jpg")
    face = added.persisted_face_id
    groups("update_face", group, person, face, user_data="changed")
    assert groups("get_face", group, person, face).user_data == "changed"
    groups("delete_face", group, person, from_url.persisted_face_id)
    assert groups("get_person", group, person).persisted_face_ids == [face]
    other = groups("create_person", group, name="Q").person_id
    assert {one.person_id for one in groups("get_persons", group)} == {person, other}
    groups("delete_person", group, other)
    groups.finish(groups("begin_train", group).wait())
    assert groups("get_training_status", group).status == "succeeded"
    identified = clients.faces(
        "identify_from_large_person_group",
        face_ids=[known, stranger],
        large_person_group_id=group,
    )
    named = [[candidate.person_id for candidate in one.candidates] for one in identified]
    assert named == [[person], []]
    verified = clients.faces(
        "verify_from_large_person_group",
        face_id=known,
        large_person_group_id=group,
        person_id=person,
    )
    assert verified.is_identical
    return group


def use_a_large_face_list(clients: Clients, known: str, url: str) -> None:
    lists, name = clients.lists, uuid.uuid4().hex
    lists("create", name, name="L", recognition_model=MODEL)
    lists("update", name, user_data="list")
    assert lists("get", name).user_data == "list"
    assert name in [one.large_face_list_id for one in lists("get_large_face_lists")]
    face = lists("add_face", name, image("person_a_1")).persisted_face_id
    other = lists("add_face_from_url", name, url=f"{url}/person_b_1.jpg").persisted_face_id
    lists("update_face", name, face, user_data="changed")
    assert lists("get_face", name, face).user_data == "changed"
    assert [one.persisted_face_id for one in lists("get_faces", name)] == sorted([face, other])
    lists.finish(lists("begin_train", name).wait())
    assert lists("get_training_status", name).status == "succeeded"
    similar = clients.faces(
        "find_similar_from_large_face_list", face_id=known, large_face_list_id=name
    )
    assert [one.persisted_face_id for one in similar] == [face]
    lists("delete_face", name, other)
    lists("delete", name)


def compare_faces(clients: Clients, known: str, url: str) -> None:
    found = clients.faces(
        "detect_from_url",
        url=f"{url}/person_a_1.jpg",
        detection_model=DETECTION,
        recognition_model=MODEL,
        return_face_id=True,
        return_face_landmarks=True,
        return_face_attributes=["headPose", "qualityForRecognition"],
        face_id_time_to_live=60,
    )
    same = found[0].face_id
    assert found[0].face_landmarks.nose_tip.x > 0
    assert clients.faces("verify_face_to_face", face_id1=known, face_id2=same).is_identical
    other = detect(clients, "person_b_1")
    similar = clients.faces("find_similar", face_id=known, face_ids=[other, same])
    assert [one.face_id for one in similar] == [same]
    grouped = clients.faces("group", face_ids=[known, same, other])
    assert ([set(one) for one in grouped.groups], grouped.messy_group) == ([{known, same}], [other])


def keep_liveness_sessions(clients: Clients) -> None:
    sessions = clients.sessions
    common: dict[str, Any] = {
        "liveness_operation_mode": LivenessOperationMode.PASSIVE,
        "device_correlation_id": str(uuid.uuid4()),
    }
    made = sessions("create_liveness_session", CreateLivenessSessionContent(**common))
    assert made.auth_token
    kept = sessions("get_liveness_session_result", made.session_id)
    assert kept.status == "NotStarted"
    assert kept.device_correlation_id == common["device_correlation_id"]
    assert made.session_id in [one.id for one in sessions("get_liveness_sessions")]
    assert sessions("get_liveness_session_audit_entries", made.session_id) == []
    sessions("delete_liveness_session", made.session_id)
    with pytest.raises(ResourceNotFoundError):
        sessions("get_liveness_session_result", made.session_id)

    content = CreateLivenessWithVerifySessionContent(**common)
    made = sessions(
        "create_liveness_with_verify_session", content, verify_image=image("person_a_1")
    )
    assert made.verify_image.face_rectangle.width > 0
    sessions("get_liveness_with_verify_session_result", made.session_id)
    listed = sessions("get_liveness_with_verify_sessions")
    assert made.session_id in [one.id for one in listed]
    assert sessions("get_liveness_with_verify_session_audit_entries", made.session_id) == []
    sessions("delete_liveness_with_verify_session", made.session_id)
    unknown = str(uuid.uuid4())
    # No image is ever stored; with v1.2 the client has no such method and raises ValueError.
    with pytest.raises((ResourceNotFoundError, ValueError)):
        list(sessions("get_session_image", unknown))
    with pytest.raises((ResourceNotFoundError, ValueError)):
        sessions(
            "detect_from_session_image",
            session_image_id=unknown,
            detection_model=DETECTION,
            recognition_model=MODEL,
            return_face_id=True,
        )
