"""Endpoints are taken as Azure's portal shows them: with a slash at the end."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from azure.ai.vision.face import FaceClient
from azure.ai.vision.face.aio import FaceClient as AsyncFaceClient
from azure.cognitiveservices.vision.face import FaceClient as ClassicFaceClient
from azure.core.credentials import AzureKeyCredential
from msrest.authentication import CognitiveServicesCredentials

from tests.end_to_end.service import RunningService
from tests.images import portrait

IMAGE = portrait("person_a_1").read_bytes()
OPTIONS: dict[str, Any] = {
    "detection_model": "detection_03",
    "recognition_model": "recognition_04",
    "return_face_id": True,
}


def test_the_client_takes_an_endpoint_with_a_slash_at_its_end(service: RunningService) -> None:
    with FaceClient(f"{service.url}/", AzureKeyCredential(service.key)) as client:
        assert len(client.detect(IMAGE, **OPTIONS)) == 1


def test_the_asynchronous_client_takes_an_endpoint_with_a_slash_at_its_end(
    service: RunningService,
) -> None:
    async def detect() -> int:
        async with AsyncFaceClient(f"{service.url}/", AzureKeyCredential(service.key)) as client:
            return len(await client.detect(IMAGE, **OPTIONS))

    assert asyncio.run(detect()) == 1


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_classic_client_takes_an_endpoint_with_a_slash_at_its_end(
    service: RunningService,
) -> None:
    make: Any = ClassicFaceClient
    with make(f"{service.url}/", CognitiveServicesCredentials(service.key)) as client:
        client.person_group.create("slash", name="slash")
        assert client.person_group.get("slash").name == "slash"
        client.person_group.delete("slash")
