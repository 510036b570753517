"""detect, identify and train."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

from tests.cli.conftest import CommandLine
from tests.images import portrait


def test_detect_prints_a_row_a_face(lineament: CommandLine) -> None:
    result = lineament("detect", portrait("person_a_1"), portrait("impostor_1"))
    assert result.code == 0, result.err
    head, _, *rows = result.out.splitlines()
    assert head.split() == ["image", "left", "top", "width", "height", "attributes"]
    assert [row.split()[0] for row in rows] == [
        str(portrait("person_a_1")),
        str(portrait("impostor_1")),
    ]


def test_detect_prints_the_service_s_answer_as_json(lineament: CommandLine) -> None:
    (found,) = lineament.json("detect", portrait("person_a_1"), "--attributes", "blur")
    (face,) = found["faces"]
    assert set(face) == {"faceRectangle", "faceAttributes"}
    assert face["faceAttributes"]["blur"]["blurLevel"] == "low"


def test_an_image_without_a_face_ends_with_1(lineament: CommandLine, tmp_path: Path) -> None:
    from PIL import Image

    file = tmp_path / "grey.png"
    Image.effect_noise((200, 200), 30).save(file)
    result = lineament("detect", file, "--json")
    assert result.code == 1
    assert json.loads(result.out) == [{"image": str(file), "faces": []}]
    assert result.err.startswith("lineament: No face was detected.")


def test_identify_names_a_person_and_no_stranger(lineament: CommandLine, people: Path) -> None:
    group = uuid.uuid4().hex
    assert lineament("enroll", people, "--group", group, "--train").code == 3
    probes = [portrait(name) for name in ("person_a_2", "person_b_2", "impostor_1")]
    found = lineament.json("identify", *probes, "--group", group)
    names = [[c["name"] for c in face["candidates"]] for one in found for face in one["faces"]]
    assert names == [["Ada"], ["Bob"], []]
    stranger = lineament("identify", portrait("impostor_1"), "--group", group)
    assert stranger.code == 1
    assert "unknown" in stranger.out


def test_train_waits_for_the_end(lineament: CommandLine, people: Path) -> None:
    group = uuid.uuid4().hex
    lineament("enroll", people, "--group", f"persongroups/{group}")
    status = lineament.json("train", group, "--wait")
    assert (status["status"], status["percent"]) == ("succeeded", 100)
    assert lineament("train", f"persongroups/{group}").code == 0


def test_an_untrained_group_is_refused_in_one_line(lineament: CommandLine, people: Path) -> None:
    group = uuid.uuid4().hex
    lineament("enroll", people, "--group", group)
    result = lineament("identify", portrait("person_a_2"), "--group", group)
    assert result.code == 3
    assert result.err == (
        "lineament: Large person group not trained. Run `lineament train GROUP --wait`.\n"
    )
