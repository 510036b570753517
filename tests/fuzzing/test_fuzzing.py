"""A short run of each fuzzer; `make soak` runs them longer."""

from __future__ import annotations

import pytest

from shared.domain.identifiers import canonical_uuid
from tests.fuzzing.entries import ENTRIES
from tests.fuzzing.guided import Fuzzer

ROUNDS = {"image": 400, "json": 1_500, "archive": 1_500, "parameters": 1_500, "multipart": 1_000}


@pytest.mark.parametrize("name", ENTRIES)
def test_what_reads_callers_bytes_gives_a_value_or_a_documented_error(name: str) -> None:
    ENTRIES[name]().run(ROUNDS[name])


def test_an_exception_that_is_not_documented_is_a_finding() -> None:
    def faulty(content: bytes) -> None:
        canonical_uuid(content.decode("latin-1"))
        if content[:1] == b"\xff":
            raise KeyError("found")

    with pytest.raises(AssertionError, match="KeyError"):
        Fuzzer(faulty, (), [b"seed"]).run(2_000)


def test_inputs_that_reach_new_lines_are_kept() -> None:
    fuzzer = ENTRIES["parameters"]()
    before = len(fuzzer.corpus)
    assert fuzzer.run(500) == len(fuzzer.corpus) - before > 0
