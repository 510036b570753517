"""Microsoft's own Python SDK, unmodified, against the running service."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator

import pytest
from azure.ai.vision.face import FaceAdministrationClient, FaceClient
from azure.ai.vision.face.models import FaceDetectionModel, FaceRecognitionModel
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, ResourceNotFoundError
from azure.core.pipeline.transport import HttpTransport

from tests.end_to_end.service import RunningService
from tests.images import portrait

MODEL = FaceRecognitionModel.RECOGNITION04


@pytest.fixture(scope="module")
def faces(service: RunningService) -> Iterator[FaceClient]:
    """The SDK's client for detection and recognition."""
    with FaceClient(service.url, AzureKeyCredential(service.key)) as client:
        yield client


@pytest.fixture(scope="module")
def administration(service: RunningService) -> Iterator[FaceAdministrationClient]:
    """The SDK's client for groups."""
    with FaceAdministrationClient(service.url, AzureKeyCredential(service.key)) as client:
        yield client


def detect(faces: FaceClient, name: str) -> str:
    """The faceId of the portrait's only face."""
    found = faces.detect(
        portrait(name).read_bytes(),
        detection_model=FaceDetectionModel.DETECTION03,
        recognition_model=MODEL,
        return_face_id=True,
        return_recognition_model=True,
    )
    assert [face.recognition_model for face in found] == [MODEL]
    assert found[0].face_id is not None
    return found[0].face_id


def test_the_sdk_enrols_trains_and_identifies(
    faces: FaceClient,
    administration: FaceAdministrationClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    delays = [0.0]

    def sleep(_: object, seconds: float) -> None:
        delays.append(seconds)
        time.sleep(seconds)

    monkeypatch.setattr(HttpTransport, "sleep", sleep)
    group = f"sdk-{uuid.uuid4().hex[:8]}"
    groups = administration.large_person_group
    groups.create(group, name="SDK", recognition_model=MODEL)
    person = groups.create_person(group, name="A", user_data="first")
    added = groups.add_face(
        group,
        person.person_id,
        portrait("person_a_1").read_bytes(),
        detection_model=FaceDetectionModel.DETECTION03,
        user_data="portrait",
    )
    groups.begin_train(group).wait()
    assert max(delays) < 15, "without Retry-After the poller waits 30 seconds"
    assert groups.get_training_status(group).status == "succeeded"

    known, stranger = detect(faces, "person_a_2"), detect(faces, "impostor_1")
    results = faces.identify_from_large_person_group(
        face_ids=[known, stranger], large_person_group_id=group
    )
    named = [[candidate.person_id for candidate in result.candidates] for result in results]
    assert named == [[person.person_id], []]
    verified = faces.verify_from_large_person_group(
        face_id=known, large_person_group_id=group, person_id=person.person_id
    )
    assert verified.is_identical
    kept = groups.get_person(group, person.person_id)
    assert kept.persisted_face_ids == [added.persisted_face_id]
    groups.delete(group)
    with pytest.raises(ResourceNotFoundError) as caught:
        groups.get(group)
    assert caught.value.error is not None
    assert caught.value.error.code == "LargePersonGroupNotFound"


def test_the_sdk_verifies_two_faces(faces: FaceClient) -> None:
    one, same, other = (detect(faces, name) for name in ("person_b_1", "person_b_2", "impostor_2"))
    assert faces.verify_face_to_face(face_id1=one, face_id2=same).is_identical
    assert not faces.verify_face_to_face(face_id1=one, face_id2=other).is_identical


def test_the_sdk_understands_a_wrong_key(service: RunningService) -> None:
    with (
        FaceClient(service.url, AzureKeyCredential("wrong")) as client,
        pytest.raises(ClientAuthenticationError),
    ):
        client.detect(
            portrait("person_a_1").read_bytes(),
            detection_model=FaceDetectionModel.DETECTION03,
            recognition_model=MODEL,
            return_face_id=True,
        )
