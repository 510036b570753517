"""docs/troubleshooting.md has every code that an answer can have, and no other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from local.http.body import REFUSALS
from shared.api.errors import status_of
from shared.api.versions import VERSIONS
from shared.domain.collections import KINDS, TRAINED_COLLECTIONS
from shared.domain.errors import ConfigurationError, LineamentError
from shared.domain.face.enrolment import RejectionCode

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text("utf-8")
ROWS = re.findall(r"^\| (`[^|]+`) \| ([\d, ]+) \|", PAGE, re.MULTILINE)


def below(kind: type[LineamentError]) -> Iterator[type[LineamentError]]:
    for child in kind.__subclasses__():
        if child is not ConfigurationError:
            yield child
            yield from below(child)


def written_in_code() -> set[str]:
    """Codes that stand where an error is raised, and not with its class."""
    files = (ROOT / "shared").rglob("*.py")
    return {
        code for file in files for code in re.findall(r'\bcode="(\w+)"', file.read_text("utf-8"))
    }


def declared() -> set[str]:
    """Every code of the error tree, of the collections' kinds and of the host."""
    codes = {kind.code for kind in below(LineamentError)} | {LineamentError.code}
    codes |= {f"{kind.name}{end}" for kind in KINDS.values() for end in ("NotFound", "Exists")}
    codes |= {
        f"{kind.name}{end}"
        for kind in TRAINED_COLLECTIONS
        for end in ("NotTrained", "TrainingNotFinished")
    }
    codes |= {code.value for code in RejectionCode}
    codes |= {
        code for version in VERSIONS.values() for code in (version.no_scope, version.several_scopes)
    }
    codes |= {code for code, _ in REFUSALS.values()}
    return codes | written_in_code()


def listed() -> list[str]:
    return [code for codes, _ in ROWS for code in re.findall(r"`(\w+)`", codes)]


def test_every_code_has_one_row() -> None:
    assert sorted(listed()) == sorted(declared())


def test_the_status_is_that_of_the_error() -> None:
    rows = {code: status for codes, status in ROWS for code in re.findall(r"`(\w+)`", codes)}
    for kind in below(LineamentError):
        statuses = {int(status) for status in rows[kind.code].split(",")}
        assert status_of(kind.__new__(kind), None) in statuses, kind


def test_lines_of_a_start_that_fails_are_those_that_the_code_prints() -> None:
    rows = re.findall(r"^\| (`[^|]*) \|", PAGE.partition("## `make run`")[2], re.MULTILINE)
    printed = "\n".join(
        file.read_text("utf-8")
        for folder in ("local", "shared/domain")
        for file in (ROOT / folder).rglob("*.py")
    )
    # Names of errors in capitals are those of npm and pip.
    lines = [line for row in rows for line in re.findall(r"`([^`]*[a-z][^`]*)`", row)]
    assert len(lines) > 5
    for line in lines:
        for part in line.split("…"):
            assert part.strip() in printed, line
