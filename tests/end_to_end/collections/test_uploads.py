"""Uploads with the Storage SDK become result blobs."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from azure.storage.blob import BlobBlock, BlobServiceClient
from PIL import Image

from tests.end_to_end.service import RunningService, eventually
from tests.images import portrait


@pytest.fixture(scope="module")
def blobs(service: RunningService) -> Iterator[BlobServiceClient]:
    """The service's storage account."""
    with BlobServiceClient.from_connection_string(service.storage) as client:
        yield client


def upload(
    blobs: BlobServiceClient, name: str, content: bytes, metadata: dict[str, str] | None = None
) -> str:
    """Upload an image and return its unquoted ETag."""
    client = blobs.get_blob_client("uploads", name)
    answer = client.upload_blob(content, overwrite=True, metadata=metadata)
    return str(answer["etag"]).strip('"')


def result(blobs: BlobServiceClient, name: str, etag: str) -> dict[str, Any]:
    """The result of that upload, once it exists."""
    client = blobs.get_blob_client("results", f"{name}.json")

    def look() -> dict[str, Any] | None:
        if not client.exists():
            return None
        found: dict[str, Any] = json.loads(client.download_blob().readall())
        return found if found["etag"] == etag else None

    return eventually(look)


def test_an_upload_gives_faces_that_work_in_every_other_call(
    service: RunningService, blobs: BlobServiceClient
) -> None:
    name = f"albums/{uuid.uuid4().hex} ü.jpg"
    etag = upload(blobs, name, portrait("person_a_1").read_bytes())
    found = result(blobs, name, etag)
    assert (found["blob"], found["status"]) == (name, "succeeded")
    (face,) = found["faces"]
    assert set(face) == {"faceId", "faceRectangle"}
    other = service.faces(portrait("person_a_2").read_bytes())[0]
    verified = service.ok("POST", "verify", {"faceId1": face["faceId"], "faceId2": other})
    assert verified["isIdentical"] is True


def test_an_upload_for_a_group_names_candidates(
    service: RunningService, blobs: BlobServiceClient
) -> None:
    group = uuid.uuid4().hex
    path = f"largepersongroups/{group}"
    service.ok("PUT", path, {"name": "uploads", "recognitionModel": "recognition_03"})
    person = service.ok("POST", f"{path}/persons", {"name": "A"})["personId"]
    image = portrait("person_a_1").read_bytes()
    service.ok("POST", f"{path}/persons/{person}/persistedfaces", image=image)
    service.train(path)
    for portrait_name, expected in (("person_a_2", [person]), ("impostor_1", [])):
        name = f"{uuid.uuid4().hex}.jpg"
        etag = upload(
            blobs, name, portrait(portrait_name).read_bytes(), {"largepersongroupid": group}
        )
        (face,) = result(blobs, name, etag)["faces"]
        assert [candidate["personId"] for candidate in face["candidates"]] == expected


@pytest.mark.parametrize(
    ("metadata", "code"),
    [
        ({"persongroupid": "nowhere"}, "PersonGroupNotFound"),
        ({"largepersongroupid": "nowhere"}, "LargePersonGroupNotFound"),
    ],
)
def test_an_unknown_group_is_reported_with_the_faces(
    blobs: BlobServiceClient, metadata: dict[str, str], code: str
) -> None:
    name = f"{uuid.uuid4().hex}.jpg"
    etag = upload(blobs, name, portrait("person_a_1").read_bytes(), metadata)
    found = result(blobs, name, etag)
    assert found["status"] == "succeeded"
    assert found["identifyError"]["code"] == code
    assert len(found["faces"]) == 1


def test_an_upload_that_could_not_be_identified_is_when_it_is_written_again(
    service: RunningService, blobs: BlobServiceClient
) -> None:
    group = uuid.uuid4().hex
    path = f"persongroups/{group}"
    service.ok("PUT", path, {"name": "uploads", "recognitionModel": "recognition_01"})
    person = service.ok("POST", f"{path}/persons", {"name": "A"})["personId"]
    image, name = portrait("person_a_1").read_bytes(), f"{uuid.uuid4().hex}.jpg"
    service.ok("POST", f"{path}/persons/{person}/persistedfaces", image=image)
    metadata = {"persongroupid": group}
    early = result(blobs, name, upload(blobs, name, image, metadata))
    assert early["identifyError"]["code"] == "PersonGroupNotTrained"
    service.train(path)
    late = result(blobs, name, upload(blobs, name, image, metadata))
    assert late["faces"][0]["faceId"] == early["faces"][0]["faceId"]
    assert [one["personId"] for one in late["faces"][0]["candidates"]] == [person]


@pytest.mark.parametrize(
    "metadata",
    [
        {"persongroupid": "a", "largepersongroupid": "b"},
        {"recognitionmodel": "recognition_99"},
        {"faceidtimetolive": "5"},
        {"detectionmodel": "detection_9"},
    ],
)
def test_invalid_metadata_is_rejected(blobs: BlobServiceClient, metadata: dict[str, str]) -> None:
    name = f"{uuid.uuid4().hex}.jpg"
    etag = upload(blobs, name, portrait("person_a_1").read_bytes(), metadata)
    found = result(blobs, name, etag)
    assert found["status"] == "rejected"
    assert found["reason"]["code"] == "BadArgument"
    assert found["faces"] == []


def test_a_corrupt_file_is_rejected(blobs: BlobServiceClient) -> None:
    name = f"{uuid.uuid4().hex}.jpg"
    etag = upload(blobs, name, b"\xff\xd8\xff" + b"not an image" * 200)
    found = result(blobs, name, etag)
    assert found["status"] == "rejected"
    assert found["reason"] == {
        "code": "InvalidImage",
        "message": "Decoding error, image format unsupported.",
    }


def test_an_image_without_faces_succeeds_with_none(blobs: BlobServiceClient) -> None:
    canvas = io.BytesIO()
    Image.effect_noise((320, 240), 40).save(canvas, "PNG")
    name = f"{uuid.uuid4().hex}.png"
    etag = upload(blobs, name, canvas.getvalue())
    assert result(blobs, name, etag)["faces"] == []


def test_the_same_upload_again_leaves_the_result_as_it_is(blobs: BlobServiceClient) -> None:
    name = f"{uuid.uuid4().hex}.jpg"
    content = portrait("person_a_1").read_bytes()
    result(blobs, name, upload(blobs, name, content))
    before = blobs.get_blob_client("results", f"{name}.json").get_blob_properties().etag
    upload(blobs, name, content)
    # The result of a later upload shows that the repeated one was processed as well.
    sentinel = f"{uuid.uuid4().hex}.jpg"
    result(blobs, sentinel, upload(blobs, sentinel, content))
    after = blobs.get_blob_client("results", f"{name}.json").get_blob_properties().etag
    assert after == before


def test_other_bytes_under_the_same_name_make_a_new_result(blobs: BlobServiceClient) -> None:
    name = f"{uuid.uuid4().hex}.jpg"
    first = result(blobs, name, upload(blobs, name, portrait("person_a_1").read_bytes()))
    second = result(blobs, name, upload(blobs, name, portrait("person_b_1").read_bytes()))
    assert first["faces"][0]["faceId"] != second["faces"][0]["faceId"]


def test_an_append_blob_and_a_stream_that_starts_empty_end_in_the_result_of_the_whole(
    blobs: BlobServiceClient,
) -> None:
    content = portrait("person_a_1").read_bytes()
    appended = blobs.get_blob_client("uploads", f"{uuid.uuid4().hex}.jpg")
    appended.create_append_blob()
    for start in range(0, len(content), 20_000):
        last = appended.append_block(content[start : start + 20_000])
    streamed = blobs.get_blob_client("uploads", f"{uuid.uuid4().hex}.jpg")
    streamed.upload_blob(b"")
    streamed.stage_block("1", content)
    committed = streamed.commit_block_list([BlobBlock("1")])
    for client, answer in ((appended, last), (streamed, committed)):
        found = result(blobs, client.blob_name, str(answer["etag"]).strip('"'))
        assert found["status"] == "succeeded"
        assert len(found["faces"]) == 1
