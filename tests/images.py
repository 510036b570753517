"""Where the tests find real photographs. None of them is in the repository."""

from __future__ import annotations

from pathlib import Path

from tools.build.portraits import FILES, PORTRAITS_DIRECTORY

_SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"

WITHOUT_SHARED_DATA = "../shared/data is not here"
"""The reason that a test gives when it skips for want of `shared_data()`."""


def portrait(name: str) -> Path:
    """One of the credited portraits, as `portrait("person_a_1")`.

    The two pictures of `person_a` show one person, those of `person_b` another; `impostor_1` and
    `impostor_2` show two more.

    Raises:
        FileNotFoundError: `python -m tools.build.portraits`, a part of `make test`, was not run.
    """
    path = PORTRAITS_DIRECTORY / f"{name}.jpg"
    if path.name not in FILES:
        raise ValueError(f"There is no portrait {name!r}.")
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not here. Run `python -m tools.build.portraits`.")
    return path


def shared_data() -> Path | None:
    """The folder of reference photographs beside the repository, or None where it is absent."""
    return _SHARED_DATA if _SHARED_DATA.is_dir() else None
