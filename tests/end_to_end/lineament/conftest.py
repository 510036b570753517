"""A trained family that tests of this API share."""

from __future__ import annotations

import io
import uuid
from dataclasses import dataclass
from pathlib import Path

import PIL.Image
import pytest

from tests.end_to_end.service import RunningService
from tests.images import reference_images

FAMILY = ("Dad", "Mom", "Son", "Daughter")


@dataclass(frozen=True)
class Family:
    """A trained large person group.

    Attributes:
        path: as collections are named.
        persons: name to personId.
    """

    path: str
    persons: dict[str, str]


@pytest.fixture(scope="session")
def faces() -> Path:
    """The folder of Microsoft's sample images."""
    return reference_images() / "faces"


@pytest.fixture(scope="session")
def faceless() -> bytes:
    """An image without a face."""
    noise = io.BytesIO()
    PIL.Image.effect_noise((200, 200), 60).convert("RGB").save(noise, "PNG")
    return noise.getvalue()


@pytest.fixture(scope="session")
def family(service: RunningService, faces: Path) -> Family:
    """Family1, trained; every person has userData."""
    path = f"largepersongroups/{uuid.uuid4().hex}"
    service.ok("PUT", path, {"name": "Family1", "recognitionModel": "recognition_04"})
    persons = {}
    for name in FAMILY:
        body = {"name": name, "userData": f"{name} of Family1"}
        person = service.ok("POST", f"{path}/persons", body)["personId"]
        persons[name] = person
        for file in sorted(faces.glob(f"Family1-{name}*.jpg")):
            service.ok("POST", f"{path}/persons/{person}/persistedfaces", image=file.read_bytes())
    assert service.train(path)["status"] == "succeeded"
    return Family(path, persons)


@pytest.fixture
def empty_group(service: RunningService) -> str:
    """An empty large person group."""
    path = f"largepersongroups/{uuid.uuid4().hex}"
    service.ok("PUT", path, {"name": "some", "recognitionModel": "recognition_04"})
    return path
