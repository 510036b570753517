"""Enrolment by upload through the running service: images in, persons found by name."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from functools import partial
from typing import Any

import httpx
import pytest
from azure.storage.blob import BlobClient, BlobServiceClient

from shared.services.uploads.results import result_name
from tests.end_to_end.refusals import refused
from tests.end_to_end.service import RunningService, eventually
from tests.images import portrait

QUIET_SECONDS = "1"


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service that trains a second after the last upload."""
    folder = tmp_path_factory.mktemp("enrolling")
    with RunningService(folder, {"FACE_TRAIN_WHEN_QUIET": QUIET_SECONDS}) as running:
        yield running


def put(service: RunningService, name: str, image: bytes, **query: str) -> httpx.Response:
    """The answer to an upload."""
    return service.call_own("PUT", f"uploads/{name}", image=image, **query)


def enrolled(service: RunningService, name: str, image: bytes, **query: str) -> dict[str, Any]:
    """The result of an upload."""
    assert put(service, name, image, **query).status_code in (200, 201)

    def outcome() -> dict[str, Any] | None:
        upload: dict[str, Any] = service.own("GET", f"uploads/{name}")
        return None if upload["status"] == "pending" else upload["result"]

    return eventually(outcome)


def _content(result: BlobClient) -> dict[str, Any] | None:
    """A result; None until there is one."""
    if not result.exists():
        return None
    content: dict[str, Any] = json.loads(result.download_blob().readall())
    return content


def test_an_upload_for_a_name_that_two_persons_bear_is_rejected_until_one_is_renamed(
    quick: RunningService,
) -> None:
    group = f"largepersongroups/{uuid.uuid4().hex}"
    quick.ok("PUT", group, json={"name": "staff", "recognitionModel": "recognition_04"})
    two = [quick.ok("POST", f"{group}/persons", json={"name": "Ada"}) for _ in range(2)]
    name, image = f"enroll/{group}/Ada/1.jpg", portrait("person_a_1").read_bytes()
    rejected = enrolled(quick, name, image)
    assert rejected["status"] == "rejected"
    assert rejected["reason"] == {
        "code": "NameNotUnique",
        "message": "2 persons of the group bear this name. Use the personId in place of the name,"
        " or rename one of them.",
    }
    assert [one["persistedFaceIds"] for one in quick.ok("GET", f"{group}/persons")] == [[], []]
    quick.ok("PATCH", f"{group}/persons/{two[0]['personId']}", json={"name": "Ada B."})
    accepted = enrolled(quick, name, image)
    assert accepted["enrolled"]["personId"] == two[1]["personId"]


def test_uploaded_images_are_enrolled_trained_and_recognised_by_name(
    quick: RunningService,
) -> None:
    group = f"largepersongroups/{uuid.uuid4().hex}"
    for number, name in ((1, "Ada Lovelace"), (2, "Ada Lovelace"), (1, "Grace")):
        person = "person_a" if name.startswith("Ada") else "person_b"
        image = portrait(f"{person}_{number}").read_bytes()
        result = enrolled(quick, f"enroll/{group}/{name}/{number}.jpg", image)
        assert result["status"] == "succeeded"
        assert result["enrolled"]["collection"] == group
    persons = quick.ok("GET", f"{group}/persons")
    assert {one["name"]: len(one["persistedFaceIds"]) for one in persons} == {
        "Ada Lovelace": 2,
        "Grace": 1,
    }

    def trained() -> bool | None:
        answer = quick.call("GET", f"{group}/training")
        return (answer.status_code == 200 and answer.json()["status"] == "succeeded") or None

    eventually(trained)
    image = portrait("person_b_2").read_bytes()

    def named() -> list[str] | None:
        """None: the training was that of the uploads before, and another one comes."""
        (face,) = quick.own("POST", "recognize", image=image, collections=group)["faces"]
        return [one["name"] for one in face["candidates"]] or None

    assert eventually(named) == ["Grace"]


def test_a_rejected_upload_has_its_reason_and_names_persons_only_if_asked(
    quick: RunningService, faceless: bytes
) -> None:
    group = f"persongroups/{uuid.uuid4().hex}"
    first = f"enroll/{group}/Ada/1.jpg"
    image = portrait("person_a_1").read_bytes()
    assert enrolled(quick, first, image)["status"] == "succeeded"
    nothing = enrolled(quick, f"enroll/{group}/Ada/2.png", faceless, faces="only")
    assert (nothing["status"], nothing["reason"]["code"]) == ("rejected", "NoFace")
    eventually(lambda: quick.call("GET", f"{group}/training").status_code == 200 or None)
    eventually(lambda: quick.ok("GET", f"{group}/training")["status"] == "succeeded" or None)
    for names in ("false", "true"):
        again = enrolled(
            quick, f"enroll/{group}/Bob/{names}.jpg", image, minimumQuality="low", names=names
        )
        assert again["reason"]["code"] == "AlreadyEnrolled"
        assert again["reason"].get("name") == ("Ada" if names == "true" else None)
        assert set(again["reason"]["faceRectangle"]) == {"top", "left", "width", "height"}


def test_names_of_any_characters_are_enrolled_as_they_are_written(quick: RunningService) -> None:
    folder = f"enroll/largepersongroups/{uuid.uuid4().hex}"
    names = [
        "100%2FAda",
        "a+b&c=d;#?",
        "Zo\u00eb",
        "Zoe\u0308",
        "ADA",
        "ada",
        "\U0001f469" * 64,
        "'\"",
    ]
    uploads = [f"{folder}/{name}/1.jpg" for name in names]
    # With the longest name that storage takes, in UTF-16 code units.
    longest = f"{folder}/longest/"
    uploads.append(longest + "\u00eb" * (1_024 - len(longest)))
    image = portrait("person_a_1").read_bytes()
    with BlobServiceClient.from_connection_string(quick.storage) as account:
        for upload in uploads:
            account.get_blob_client("uploads", upload).upload_blob(image)
        results = account.get_container_client("results")
        for upload in uploads:
            blob = results.get_blob_client(result_name(upload))
            result = eventually(partial(_content, blob))
            assert (result["blob"], result["status"]) == (upload, "succeeded")
    persons = quick.ok("GET", f"{folder.removeprefix('enroll/')}/persons")
    assert sorted(one["name"] for one in persons) == sorted([*names, "longest"])
    assert [len(one["persistedFaceIds"]) for one in persons] == [1] * len(uploads)


def test_the_log_has_no_segment_of_an_upload(quick: RunningService) -> None:
    secret = f"Secretperson{uuid.uuid4().hex}"
    name = f"enroll/persongroups/{uuid.uuid4().hex}/{secret}/{secret}.jpg"
    enrolled(quick, name, portrait("person_a_1").read_bytes())
    assert secret not in (quick.data / "host.log").read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("enroll/persongroups/staff/1.jpg", {}),
        ("enroll/persongroups/STAFF/Ada/1.jpg", {}),
        ("enroll/persongroups/staff/Ada/1.jpg", {"minimumQuality": "best"}),
        ("enroll/persongroups/staff/Ada/1.jpg", {"faces": "all"}),
    ],
)
def test_an_upload_that_cannot_be_enrolled_is_refused_at_once(
    quick: RunningService, name: str, query: dict[str, str]
) -> None:
    answer = put(quick, name, portrait("person_a_1").read_bytes(), **query)
    assert refused(answer, 400)["code"] == "BadArgument"


def test_a_deleted_person_is_not_enrolled_again_by_the_same_upload(quick: RunningService) -> None:
    group = f"persongroups/{uuid.uuid4().hex}"
    name, image = f"enroll/{group}/Ada/1.jpg", portrait("person_a_1").read_bytes()
    person = enrolled(quick, name, image)["enrolled"]["personId"]
    quick.ok("DELETE", f"{group}/persons/{person}")
    assert quick.ok("GET", f"{group}/persons") == []
