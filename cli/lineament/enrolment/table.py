"""CSV files as spreadsheets write them."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from lineament.errors import Refused


def read_rows(file: Path, columns: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """The lines of a CSV file in UTF-8: the number of each, and its values of some columns.

    The columns may have any order and case, and others may stand beside them. Values are separated
    by commas or, as spreadsheets write them where the comma is the decimal sign, by semicolons.
    Lines without any of the values are left out.

    Raises:
        Refused: the file cannot be read, or lacks a column.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            head = opened.readline()
            opened.seek(0)
            separator = ";" if ";" in head and "," not in head else ","
            table = csv.DictReader(opened, delimiter=separator, restval="")
            named = {name.strip().lower(): name for name in table.fieldnames or ()}
            missing = [column for column in columns if column.lower() not in named]
            if missing:
                raise Refused(f"{file} must have the columns {_in_words(columns)}.")
            for row in table:
                values = [row[named[column.lower()]].strip() for column in columns]
                if any(values):
                    yield table.line_num, values
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Refused(f"{file} cannot be read as CSV in UTF-8.") from error


def _in_words(columns: Sequence[str]) -> str:
    return f"{', '.join(columns[:-1])} and {columns[-1]}"
