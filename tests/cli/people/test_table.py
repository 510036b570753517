"""CSV files as spreadsheets write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from lineament.enrolment.sources import items_of_csv
from lineament.enrolment.table import read_rows
from lineament.errors import Refused


@pytest.mark.parametrize(
    "text",
    [
        "person,image\nAda L.,a.jpg\n",
        "\ufeffPerson;Image\r\nAda L.;a.jpg\r\n",
        'image , PERSON,note\n a.jpg,"Ada L.",x\n,,\n\n',
    ],
)
def test_a_table_is_read_as_spreadsheets_write_it(tmp_path: Path, text: str) -> None:
    file = tmp_path / "people.csv"
    file.write_text(text, encoding="utf-8", newline="")
    assert list(read_rows(file, ("person", "image"))) == [(2, ["Ada L.", "a.jpg"])]


def test_a_comma_in_a_name_is_kept_where_semicolons_separate(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("person;image\nLovelace, Ada;a.jpg\n")
    assert [item.person for item in items_of_csv(file)] == ["Lovelace, Ada"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"person,file\nAda,a.jpg\n", "must have the columns person and image."),
        (b"", "must have the columns person and image."),
        (b"person,image\nAda\n", "lacks person or image."),
        ("person,image\nAda,a.jpg\n".encode("utf-16"), "cannot be read as CSV in UTF-8."),
    ],
)
def test_another_table_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "people.csv"
    file.write_bytes(content)
    with pytest.raises(Refused) as error:
        items_of_csv(file)
    assert error.value.message.endswith(reason)
