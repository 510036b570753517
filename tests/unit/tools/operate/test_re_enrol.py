"""The manifest of a re-enrolment."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.domain.errors import BadArgument, InvalidImage
from tools.operate.re_enrol import Row, read_file, read_manifest

ANNA = "0b1c2d3e-0000-4000-8000-000000000001"


def _manifest(folder: Path, text: str) -> Path:
    path = folder / "images.csv"
    path.write_text(text, "utf-8")
    return path


def test_lines_are_read_in_any_order_of_columns_and_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = _manifest(tmp_path, f'\ufeffimage,personId,x\n"a, b.jpg",{ANNA.upper()},1\n')
    assert read_manifest(path) == [Row(2, ANNA, "a, b.jpg")]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "columns personId and image"),
        ("personId,path\n", "columns personId and image"),
        (f"personId,image\n{ANNA}\n", "Line 2"),
        (f"personId,image\n{ANNA},a.jpg\nanna,b.jpg\n", "Line 3"),
    ],
)
def test_a_manifest_that_does_not_say_who_and_what_is_refused(
    text: str, complaint: str, tmp_path: Path
) -> None:
    with pytest.raises(BadArgument, match=complaint):
        read_manifest(_manifest(tmp_path, text))


def test_a_manifest_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadArgument, match="cannot be read"):
        read_manifest(tmp_path / "images.csv")


def test_an_image_that_does_not_exist_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(InvalidImage, match="cannot be read"):
        read_file(tmp_path / "anna.jpg")
