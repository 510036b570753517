"""What `make` says about the machine's Python."""

from __future__ import annotations

import pytest

from local.setup.check_python import problem


@pytest.mark.parametrize(
    ("version", "has_ensurepip", "package"),
    [
        ((3, 11), False, "python3.11-venv"),
        ((3, 13), False, "python3.13-venv"),
        ((3, 9), True, "python3.11-venv"),
    ],
)
def test_one_line_names_the_package(
    version: tuple[int, int], has_ensurepip: bool, package: str
) -> None:
    text = problem(version, has_ensurepip=has_ensurepip)
    assert package in text
    assert "\n" not in text


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 13)])
def test_a_usable_python_prints_nothing(version: tuple[int, int]) -> None:
    assert problem(version, has_ensurepip=True) == ""
