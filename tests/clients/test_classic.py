"""The classic azure-cognitiveservices-vision-face 0.6.1: every operation it has."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from azure.cognitiveservices.vision.face import FaceClient
from azure.cognitiveservices.vision.face.models import APIErrorException
from msrest.authentication import CognitiveServicesCredentials

from tests.clients.contract.recorder import Recorder
from tests.clients.every import Every
from tests.end_to_end.service import RunningService, eventually
from tests.images import portrait

# The package is older than Python 3.12's warnings.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

MODEL = "recognition_04"
DETECTION = "detection_03"


@pytest.fixture
def client(recorder: Recorder, service: RunningService) -> Iterator[Any]:
    make: Any = FaceClient
    with make(recorder.url, CognitiveServicesCredentials(service.key)) as made:
        yield made


def stream(name: str) -> io.BytesIO:
    return io.BytesIO(portrait(name).read_bytes())


def trained(group: Every, collection: str) -> bool:
    def done() -> bool | None:
        status = str(group("get_training_status", collection).status)
        return True if "succeeded" in status else None

    return eventually(done)


def test_every_operation_on_faces_and_lists(client: Any, images_url: str) -> None:
    face, lists = Every(client.face), Every(client.face_list)
    large = Every(client.large_face_list)
    models = {"recognition_model": MODEL, "detection_model": DETECTION}
    one = face("detect_with_stream", stream("person_a_1"), **models)[0].face_id
    url = f"{images_url}/person_a_2.jpg"
    same = face("detect_with_url", url, return_recognition_model=True, **models)[0].face_id
    other = face("detect_with_stream", stream("person_b_1"), **models)[0].face_id
    assert face("verify_face_to_face", one, same).is_identical
    assert [found.face_id for found in face("find_similar", one, face_ids=[same, other])] == [same]
    assert face("group", [one, same, other]).messy_group == [other]

    name = uuid.uuid4().hex
    lists("create", name, name="L", recognition_model=MODEL)
    lists("update", name, user_data="data")
    added = lists("add_face_from_stream", name, stream("person_a_1")).persisted_face_id
    from_url = lists("add_face_from_url", name, url).persisted_face_id
    kept = lists("get", name, return_recognition_model=True)
    assert {entry.persisted_face_id for entry in kept.persisted_faces} == {added, from_url}
    lists("delete_face", name, from_url)
    assert name in [entry.face_list_id for entry in lists("list")]
    found = face("find_similar", one, face_list_id=name, mode="matchFace")
    assert [entry.persisted_face_id for entry in found] == [added]
    lists("delete", name)

    use_a_large_face_list(face, large, one, url)
    assert lists.left | large.left == set()
    assert face.left == {"identify", "verify_face_to_person"}


def use_a_large_face_list(face: Every, large: Every, one: str, url: str) -> None:
    name = uuid.uuid4().hex
    large("create", name, name="L", recognition_model=MODEL)
    large("update", name, name="M")
    assert large("get", name).name == "M"
    assert name in [entry.large_face_list_id for entry in large("list")]
    added = large("add_face_from_stream", name, stream("person_a_1")).persisted_face_id
    from_url = large("add_face_from_url", name, url).persisted_face_id
    large("update_face", name, added, user_data="face")
    assert large("get_face", name, added).user_data == "face"
    large("delete_face", name, from_url)
    assert [entry.persisted_face_id for entry in large("list_faces", name)] == [added]
    large("train", name)
    assert trained(large, name)
    found = face("find_similar", one, large_face_list_id=name)
    assert [entry.persisted_face_id for entry in found] == [added]
    # Microsoft's own tests assert this for a list that contains the same image.
    assert found[0].confidence > 0.9
    large("delete", name)


@pytest.mark.parametrize("kind", ["person_group", "large_person_group"])
def test_every_operation_on_groups(client: Any, images_url: str, kind: str) -> None:
    face, groups = Every(client.face), Every(getattr(client, kind))
    persons = Every(getattr(client, f"{kind}_person"))
    group = uuid.uuid4().hex
    groups("create", group, name="G", recognition_model=MODEL)
    groups("update", group, user_data="data")
    assert groups("get", group).user_data == "data"
    assert group in [getattr(entry, f"{kind}_id") for entry in groups("list")]
    person = persons("create", group, name="P").person_id
    other = persons("create", group, name="Q").person_id
    persons("update", group, person, user_data="person")
    added = persons("add_face_from_stream", group, person, stream("person_a_1"))
    url = f"{images_url}/person_a_2.jpg"
    from_url = persons("add_face_from_url", group, person, url).persisted_face_id
    kept = added.persisted_face_id
    persons("update_face", group, person, kept, user_data="face")
    assert persons("get_face", group, person, kept).user_data == "face"
    persons("delete_face", group, person, from_url)
    assert persons("get", group, person).persisted_face_ids == [kept]
    assert {entry.person_id for entry in persons("list", group)} == {person, other}
    persons("delete", group, other)
    groups("train", group)
    assert trained(groups, group)
    known = face("detect_with_stream", stream("person_a_2"), recognition_model=MODEL)[0].face_id
    scope = {f"{kind}_id": group}
    identified = face("identify", [known], **scope)
    assert [candidate.person_id for candidate in identified[0].candidates] == [person]
    assert face("verify_face_to_person", known, person, **scope).is_identical
    groups("delete", group)
    assert groups.left | persons.left == set()


def test_snapshots_are_retired_and_say_so(client: Any) -> None:
    snapshots = Every(client.snapshot)
    unknown = str(uuid.uuid4())
    calls: dict[str, tuple[Any, ...]] = {
        "take": ("PersonGroup", "group", [unknown]),
        "list": (),
        "get": (unknown,),
        "update": (unknown,),
        "delete": (unknown,),
        "apply": (unknown, "group"),
        "get_operation_status": (unknown,),
    }
    for name, arguments in calls.items():
        with pytest.raises(APIErrorException) as caught:
            snapshots(name, *arguments)
        assert caught.value.response.status_code in (404, 410)
        error: Any = caught.value.error
        assert error.error.code
    assert snapshots.left == set()
