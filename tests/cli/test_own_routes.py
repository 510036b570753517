"""The commands that stand on Lineament's own routes."""

from __future__ import annotations

import uuid
from pathlib import Path
from shutil import copyfile

import pytest

from lineament.calibration import Scores, rates_at, threshold_for
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
    (detected,) = lineament.json("detect", portrait("person_b_2"))[0]["faces"]
    assert face["faceRectangle"] == detected["faceRectangle"]
    stranger = lineament("recognize", portrait("impostor_2"), "--group", group)
    assert stranger.code == 1
    assert "unknown" in stranger.out
    assert lineament("recognize", portrait("impostor_2")).code == 2


def test_compare_distinguishes_one_person_from_two(lineament: CommandLine) -> None:
    ours, other = portrait("person_a_1"), portrait("person_a_2")
    result = lineament.json("compare", ours, other, portrait("person_b_1"))
    assert (result["isIdentical"], result["pairs"][0]["against"]["index"]) == (True, 0)
    different = lineament("compare", ours, portrait("person_b_1"))
    assert different.code == 1
    assert "no" in different.out.splitlines()[-1].split()


def test_explain_shows_found_faces_candidates_and_the_likeness_to_another_image(
    lineament: CommandLine, group: str
) -> None:
    image, other = portrait("person_a_2"), portrait("person_a_1")
    shown = lineament("explain", image, other, "--group", group)
    assert shown.code == 0
    assert "quality high" in shown.out
    assert "accepted: Ada" in shown.out
    assert "same person" in shown.out
    (pair,) = lineament.json("explain", image, other)["pairs"]
    assert (pair["threshold"], pair["thresholdFrom"]) == (0.5, "default")


def test_compare_with_a_person_by_name(lineament: CommandLine, group: str) -> None:
    arguments = ("compare", portrait("person_a_2"), "--person", "Ada", "--group", group)
    assert lineament.json(*arguments)["isIdentical"]
    assert lineament("compare", portrait("person_a_2")).code == 2


def test_calibrate_measures_the_rates_of_labelled_images(
    lineament: CommandLine, people: Path
) -> None:
    copyfile(portrait("person_b_2"), people / "Bob" / "second.jpg")
    found = lineament.json("calibrate", people, "--rate", 0.3)
    assert (found["pairsOfOnePerson"], found["pairsOfTwoPersons"]) == (2, 4)
    assert found["imagesWithoutFace"] == 1
    usual, wished = found["rates"]
    assert usual["threshold"] == 0.5
    assert usual["false_accepts"]["share"] == usual["misses"]["share"] == 0
    assert wished["false_accepts"]["share"] <= 0.3
    printed = lineament("calibrate", people).err
    assert "Left out, without a face or not readable: 1 of 5 images." in printed


def test_calibrate_takes_pairs_and_says_when_there_are_too_few(
    lineament: CommandLine, people: Path
) -> None:
    file = people / "pairs.csv"
    file.write_text(
        "first,second,same\nAda/person_a_1.jpg,Ada/person_a_2.jpg,1\n"
        "Ada/person_a_1.jpg,Bob/person_b_1.jpg,0\n"
    )
    result = lineament("calibrate", file)
    assert result.code == 0
    assert "too few for a rate of 0.001" in result.err
    file.write_text("first,second,same\nAda/person_a_1.jpg,Ada/person_a_2.jpg,1\n")
    assert lineament("calibrate", file).code == 1


def test_a_threshold_keeps_the_false_accepts_to_the_rate() -> None:
    scores = Scores([0.4, 0.6, 0.9], [0.1, 0.2, 0.3, 0.5])
    assert [threshold_for(scores, rate) for rate in (0.2, 0.25, 0.5)] == [0.50001, 0.30001, 0.20001]
    found = rates_at(scores, 0.5)
    assert found.false_accepts.share == 0.25
    assert found.misses.share == pytest.approx(1 / 3)
    # Wilson's interval of 1 in 4, as R's binom.wilson gives it.
    assert found.false_accepts.low == pytest.approx(0.0456, abs=1e-4)
    assert found.false_accepts.high == pytest.approx(0.6994, abs=1e-4)
