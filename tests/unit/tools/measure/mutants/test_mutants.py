"""Mutants are what an engineer would call a changed line, and run without a new import."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from tools.measure.mutants.covering_tests import CoveringTests
from tools.measure.mutants.equivalents import LIST, read_equivalents, reason_for
from tools.measure.mutants.forked_runs import succeeds
from tools.measure.mutants.mutations import Mutant, mutants_of
from tools.measure.mutants.patched_functions import (
    Functions,
    changed_functions,
    live_functions,
    patch,
)

SOURCE = """\
LIMIT = 3


class Shelf:
    def __init__(self, books: list[str] | None) -> None:
        self.books = books or []

    @property
    def full(self) -> bool:
        return len(self.books) >= LIMIT

    def add(self, book: str) -> bool:
        if self.full:
            return False
        self.books.append(book)
        while extra := self.books[LIMIT:]:
            self.books.remove(extra[0])
        return True
"""
MODULE = Path("shared/shelf.py")


@pytest.fixture
def mutants() -> dict[tuple[str, str], Mutant]:
    return {(one.before, one.after): one for one in mutants_of(MODULE, SOURCE)}


@pytest.fixture
def shelf(tmp_path: Path) -> ModuleType:
    path = tmp_path / "shelf.py"
    path.write_text(SOURCE)
    specification = importlib.util.spec_from_file_location("mutated_shelf", path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_conditions_numbers_results_and_statements_are_changed(
    mutants: dict[tuple[str, str], Mutant],
) -> None:
    assert {
        ("LIMIT = 3", "LIMIT = 4"),
        ("LIMIT = 3", "LIMIT = 2"),
        ("return len(self.books) >= LIMIT", "return len(self.books) > LIMIT"),
        ("if self.full:", "if not self.full:"),
        ("return False", "return True"),
        ("self.books.append(book)", "pass"),
        ("self.books = books or []", "self.books = books and []"),
    } <= mutants.keys()
    assert mutants["if self.full:", "if not self.full:"].line == 13


def test_every_mutant_compiles_and_none_changes_an_annotation(
    mutants: dict[tuple[str, str], Mutant],
) -> None:
    for mutant in mutants.values():
        compile(mutant.source, "mutant", "exec")
        assert "list[str] | None" in mutant.source


def test_a_function_is_changed_in_place_and_a_constant_is_not(
    mutants: dict[tuple[str, str], Mutant], shelf: ModuleType
) -> None:
    before = Functions.of(SOURCE, str(shelf.__file__))
    dropped = Functions.of(mutants["self.books.append(book)", "pass"].source, str(shelf.__file__))
    changed = changed_functions(before, dropped)
    assert changed is not None
    assert list(changed) == ["Shelf.add"]
    kept = shelf.Shelf(None)
    patch(live_functions(str(shelf.__file__)), changed)
    assert kept.add("one")
    assert kept.books == []

    constant = Functions.of(mutants["LIMIT = 3", "LIMIT = 4"].source, str(shelf.__file__))
    assert changed_functions(before, constant) is None


def test_the_tests_of_a_statement_are_those_that_run_it_or_what_surrounds_it() -> None:
    covering = CoveringTests(
        seconds={"tests/unit/a.py::slow": 2.0, "tests/unit/a.py::fast": 1.0},
        lines={MODULE: {10: {"tests/unit/a.py::slow", "tests/unit/a.py::fast"}, 13: set()}},
    )
    both = ["tests/unit/a.py::fast", "tests/unit/a.py::slow"]
    assert covering.of(MODULE, SOURCE, 10) == both
    assert covering.of(MODULE, SOURCE, 14) == both, "no test runs it: those of the class"
    assert covering.of(Path("shared/other.py"), SOURCE, 14) == []


def test_a_run_that_fails_or_does_not_end_has_noticed() -> None:
    assert succeeds(lambda: 0, timeout=10)
    assert not succeeds(lambda: 1, timeout=10)
    assert not succeeds(_endless, timeout=0.2)


def _endless() -> int:
    while True:
        pass


def test_equivalents_are_texts_or_patterns_with_a_reason(
    tmp_path: Path, mutants: dict[tuple[str, str], Mutant]
) -> None:
    path = tmp_path / "equivalents.toml"
    path.write_text(
        """
[[equivalent]]
module = "shared/shelf.py"
before = "LIMIT = 3"
after = "LIMIT = 4"
reason = "tuning"

[[equivalent]]
before = '/self.books.remove.*/'
reason = "anything"
"""
    )
    equivalents = read_equivalents(path)
    found = {pair: reason_for(mutant, equivalents) for pair, mutant in mutants.items()}
    assert found["LIMIT = 3", "LIMIT = 4"] == "tuning"
    assert found["LIMIT = 3", "LIMIT = 2"] is None
    assert found["self.books.remove(extra[0])", "pass"] == "anything"


def test_every_listed_equivalent_gives_a_reason_and_names_a_module_that_exists() -> None:
    root = LIST.parents[3]
    for one in read_equivalents():
        assert len(one.reason) > 10
        assert (root / one.module).exists()
