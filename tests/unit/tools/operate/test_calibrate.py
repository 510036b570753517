"""Calibration: rates, thresholds, warnings, the image, and what is printed."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from lineament.service.images import SUFFIXES
from shared.settings.custom_model import _curve, _thresholds
from shared.settings.service import Settings
from tests.doubles.tiny_model import tiny_model
from tests.images import portrait
from tests.unit.gallery.made_up_faces import unit
from tools.measure.accuracy.galleries import Faces
from tools.operate.calibrate import main
from tools.operate.calibration.identification_thresholds import thresholds_of
from tools.operate.calibration.labelled_images import (
    Cosines,
    Embedded,
    UnusableImages,
    cosines_of_pairs,
    cosines_of_people,
    people_of,
    read_pairs,
)
from tools.operate.calibration.operating_point import (
    curve_through,
    knots_for,
    rates_at,
    roc,
    threshold_for,
    warnings_of,
)
from tools.operate.calibration.roc_chart import write_roc


@pytest.fixture
def cosines() -> Cosines:
    generator = np.random.default_rng(1)
    same = np.sort(generator.normal(0.65, 0.1, 500).clip(-1, 1).astype(np.float32))
    other = np.sort(generator.normal(0.0, 0.1, 200_000).astype(np.float32))
    return Cosines(same, other)


def test_the_threshold_keeps_the_target_rate(cosines: Cosines) -> None:
    for rate in (0.01, 0.001):
        found = rates_at(cosines, threshold_for(cosines, rate))
        assert found.false_accepts <= rate * found.others
        looser = rates_at(cosines, found.cosine - 0.002)
        assert looser.false_accepts > rate * looser.others
        assert found.misses < 50


def test_too_few_images_are_said_to_be_too_few(cosines: Cosines) -> None:
    assert warnings_of(cosines, 0.001) == []
    (warning,) = warnings_of(cosines, 1e-6)
    assert "10,000,000 pairs" in warning
    assert len(warnings_of(Cosines(cosines.same[:5], cosines.other[:5]), 0.001)) == 2


def test_the_printed_curve_is_one_that_the_setting_takes(cosines: Cosines) -> None:
    knots = knots_for(cosines, 0.001)
    assert all(x0 < x1 and y0 < y1 for (x0, y0), (x1, y1) in itertools.pairwise(knots))
    text = ",".join(f"{cosine:g}:{confidence:g}" for cosine, confidence in knots)
    assert _curve(text) == curve_through(knots).knots
    assert curve_through(knots).cosine(0.5) == pytest.approx(threshold_for(cosines, 0.001))


def test_printed_thresholds_are_such_as_the_setting_takes() -> None:
    generator = np.random.default_rng(2)
    centres = unit(generator.standard_normal((240, 64), dtype=np.float32))
    noise = unit(generator.standard_normal((480, 64), dtype=np.float32))
    people = np.repeat(np.arange(240), 2)
    faces = Faces(unit(centres[people] + np.float32(0.7) * noise), people)
    knots = thresholds_of(faces, 0.4)
    assert knots[0][0] == 1
    assert all(size0 < size1 for (size0, _), (size1, _) in itertools.pairwise(knots))
    assert _thresholds(",".join(f"{size}:{score:g}" for size, score in knots)) == knots


@pytest.mark.parametrize("text", ["0.2", "2:0.1", "1:0.1,1:0.2", "1:0.5", "1:x"])
def test_other_thresholds_are_rejected(text: str) -> None:
    with pytest.raises(ValueError, match="pairs of persons and score"):
        _thresholds(text)


def test_pairs_and_people_give_the_same_cosines(tmp_path: Path) -> None:
    vectors = unit(np.random.default_rng(3).standard_normal((4, 8), dtype=np.float32))
    paths = [tmp_path / f"{number}.jpg" for number in range(4)]
    people = np.array([0, 0, 1, 1])
    pairs = [
        (paths[one], paths[other], bool(people[one] == people[other]))
        for one, other in itertools.combinations(range(4), 2)
    ]
    embedded = Embedded(paths, vectors, [])
    by_pairs, by_people = cosines_of_pairs(embedded, pairs), cosines_of_people(embedded, people)
    assert by_pairs.same == pytest.approx(by_people.same)
    assert by_pairs.other == pytest.approx(by_people.other)
    assert len(by_people.same) == 2
    assert len(by_people.other) == 4
    partly = Embedded(paths[:3], vectors[:3], paths[3:])
    assert len(cosines_of_pairs(partly, pairs).same) == 1


def test_a_table_of_pairs_is_read_from_its_folder(tmp_path: Path) -> None:
    table = tmp_path / "pairs.csv"
    table.write_text("first,second,same\na.jpg,b.jpg,1\na.jpg,c.jpg,no\n", encoding="utf-8")
    assert read_pairs(table) == [
        (tmp_path / "a.jpg", tmp_path / "b.jpg", True),
        (tmp_path / "a.jpg", tmp_path / "c.jpg", False),
    ]
    for content in ("one,two\n", "first,second,same\na,b,perhaps\n", "first,second,same\na,b\n"):
        table.write_text(content, encoding="utf-8")
        with pytest.raises(UnusableImages):
            read_pairs(table)


def test_a_table_that_a_spreadsheet_wrote_is_read(tmp_path: Path) -> None:
    table = tmp_path / "pairs.csv"
    table.write_text("first,second,same\na.jpg,b.jpg,1\n", encoding="utf-8-sig")
    assert read_pairs(table) == [(tmp_path / "a.jpg", tmp_path / "b.jpg", True)]
    table.write_text("first,second,same\nä.jpg,b.jpg,1\n", encoding="cp1252")
    with pytest.raises(UnusableImages, match="CSV in UTF-8"):
        read_pairs(table)


def test_people_have_images_of_every_kind_that_the_command_line_takes(tmp_path: Path) -> None:
    names = {f"image{suffix}" for suffix in SUFFIXES}
    (tmp_path / "ann").mkdir()
    for name in names:
        (tmp_path / "ann" / name).touch()
    assert {path.name for path in people_of(tmp_path)} == names


@pytest.mark.parametrize("rate", ["0", "1", "-0.1", "nan", "many"])
def test_a_rate_is_between_0_and_1(
    rate: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([str(tmp_path), "--rate", rate], {"FACE_DATA_DIR": str(tmp_path)})
    assert "--rate" in capsys.readouterr().err


def test_people_are_folders(tmp_path: Path) -> None:
    for name in ("ann/1.jpg", "ann/2.PNG", "bob/1.jpg", "bob/notes.txt", "stray.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = people_of(tmp_path)
    assert {path.name + person for path, person in found.items()} == {
        "1.jpgann",
        "2.PNGann",
        "1.jpgbob",
    }


def test_the_roc_is_written_as_png_and_as_svg(tmp_path: Path, cosines: Cosines) -> None:
    points = roc(cosines)
    assert (np.diff(points, axis=0) >= 0).all()
    write_roc(tmp_path / "roc.png", points)
    with PIL.Image.open(tmp_path / "roc.png") as image:
        assert image.size == (640, 480)
    write_roc(tmp_path / "roc.svg", points)
    assert "<polyline" in (tmp_path / "roc.svg").read_text("utf-8")
    with pytest.raises(ValueError, match="png"):
        write_roc(tmp_path / "roc.gif", points)


def test_a_folder_without_people_is_refused_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path)], {"FACE_DATA_DIR": str(tmp_path)}) == 1
    assert "pairs of one person" in capsys.readouterr().err


@pytest.fixture
def own_model(tmp_path: Path) -> Mapping[str, str]:
    """The settings of an operator's model whose confidences are not known yet."""
    content = tiny_model(dimension=48)
    file = tmp_path / "own.onnx"
    file.write_bytes(content)
    return {
        "FACE_DATA_DIR": str(tmp_path),
        "FACE_MODEL_NAME": "means",
        "FACE_MODEL_FILE": str(file),
        "FACE_MODEL_SHA256": hashlib.sha256(content).hexdigest(),
        "FACE_MODEL_DIMENSION": "48",
    }


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """Pairs of portraits: two of one person, three of two."""
    names = ["person_a_1,person_a_2,1", "person_b_1,person_b_2,1", "person_a_1,person_b_1,0"]
    names += ["person_a_2,impostor_1,0", "person_b_2,impostor_2,0"]
    rows = [name.split(",") for name in names]
    lines = [
        f"{portrait(one).resolve()},{portrait(two).resolve()},{same}" for one, two, same in rows
    ]
    table = tmp_path / "pairs.csv"
    table.write_text("\n".join(["first,second,same", *lines]), encoding="utf-8")
    return table


def test_a_model_of_the_operator_s_is_calibrated_before_it_has_a_curve(
    own_model: Mapping[str, str], pairs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(pairs), "--rate", "0.4"], own_model) == 0
    lines = capsys.readouterr().out.splitlines()
    digest = own_model["FACE_MODEL_SHA256"][:12]
    assert lines[0] == f"model means-{digest}: 2 pairs of one person, 3 of two"
    assert not any("confidence 0.5 now" in line for line in lines)
    (curve,) = [line.split("=")[1] for line in lines if "FACE_MODEL_CONFIDENCE=" in line]

    environment = {**own_model, "FACE_MODEL_CONFIDENCE": curve}
    required = {"FACE_KEYS": "key", "AzureWebJobsStorage": "UseDevelopmentStorage=true"}
    model = Settings.from_environment({**environment, **required}).custom_model
    assert model is not None
    same = next(cosine for cosine, confidence in model.confidence if confidence == 0.5)

    assert main([str(pairs), "--rate", "0.4"], environment) == 0
    now = next(line for line in capsys.readouterr().out.splitlines() if "0.5 now" in line)
    assert f"cosine {same:.3f}, false accepts 33.33 %" in now


def test_the_built_in_model_is_calibrated_where_there_is_no_other(
    pairs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(pairs), "--rate", "0.4"], {"FACE_DATA_DIR": str(tmp_path)}) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("model sface_2021dec: 2 pairs")
    assert "false accepts 0.00 %" in lines[1]
    assert "misses 0.00 %" in lines[1]
