"""The commands that stand on Lineament's own routes."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from tests.cli.conftest import CommandLine
from tests.images import portrait


@pytest.fixture
def group(lineament: CommandLine, people: Path) -> str:
    """A trained group with Ada and Bob."""
    name = uuid.uuid4().hex
    (people / "Bob" / "broken.jpg").unlink()
    assert lineament("enroll", people, "--group", name, "--train").code == 0
    return name


def test_recognize_names_persons_in_one_request_an_image(
    lineament: CommandLine, group: str
) -> None:
    found = lineament.json("recognize", portrait("person_b_2"), "--group", group)
    (face,) = found[0]["faces"]
    assert [one["name"] for one in face["candidates"]] == ["Bob"]
    assert "faceId" not in face
    stranger = lineament("recognize", portrait("impostor_2"), "--group", group)
    assert stranger.code == 1
    assert "unknown" in stranger.out
    assert lineament("recognize", portrait("impostor_2")).code == 2
