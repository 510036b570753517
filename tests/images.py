"""Paths of the real images that tests use. None of them is in the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.build.portraits import FILES, PORTRAITS_DIRECTORY
from tools.reference_data import WITHOUT_DATA, data_folder


def portrait(name: str) -> Path:
    """One of the credited portraits, as `portrait("person_a_1")`.

    The two portraits of `person_a` show one person, those of `person_b` another; `impostor_1` and
    `impostor_2` show two more.

    Raises:
        FileNotFoundError: `python -m tools.build.portraits`, a part of `make test`, was not run.
    """
    path = PORTRAITS_DIRECTORY / f"{name}.jpg"
    if path.name not in FILES:
        raise ValueError(f"There is no portrait {name!r}.")
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist. Run `python -m tools.build.portraits`.")
    return path


def reference_images() -> Path:
    """The folder of reference images; skips the test where it is absent."""
    folder = data_folder()
    if not folder.is_dir():
        pytest.skip(WITHOUT_DATA)
    return folder
