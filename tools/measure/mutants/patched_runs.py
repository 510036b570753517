"""Runs mutants in forks of one pytest session that has collected the tests.

If a mutant changes functions only, its run takes no longer than its tests.
"""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType

import pytest

from tools.measure.mutants.forked_runs import OPTIONS, silence, succeeds
from tools.measure.mutants.mutations import Mutant
from tools.measure.mutants.patched_functions import (
    Functions,
    changed_functions,
    live_functions,
    patch,
)

_LEAST_SECONDS, _FACTOR = 5.0, 3.0
"""A test that exceeds these seconds of processor time plus this multiple of its duration is
considered endless."""


@dataclass
class MutantRuns:
    """A pytest plugin whose test loop runs mutants.

    Attributes:
        mutants: each with the ids of its tests, and the maximum seconds of its run.
        seconds: the duration of each test, by its id.
        report: called with each mutant and whether it was killed; None: it needs a new import.
    """

    copy: Path
    mutants: Sequence[tuple[Mutant, Sequence[str], float]]
    seconds: Mapping[str, float]
    report: Callable[[Mutant, bool | None], None]
    _modules: dict[Path, tuple[Functions, dict[str, list[FunctionType]]]] = field(
        default_factory=dict
    )

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run every mutant instead of the tests."""
        items = {item.nodeid: item for item in session.items}
        for mutant, _, _ in self.mutants:
            self._functions(mutant.module)
        gc.freeze()  # Children that collect garbage would copy every page.
        for mutant, tests, timeout in self.mutants:
            chosen = [items[name] for name in tests if name in items]
            self.report(mutant, self._killed(session, mutant, chosen, timeout))
        return True

    def _killed(
        self, session: pytest.Session, mutant: Mutant, items: Sequence[pytest.Item], timeout: float
    ) -> bool | None:
        path = str(self.copy / mutant.module)
        before, live = self._functions(mutant.module)
        changed = changed_functions(before, Functions.of(mutant.source, path))
        if changed is None or not changed.keys() <= live.keys():
            return None

        def run() -> int:
            patch(live, changed)
            for item in items:
                # Processor time reveals an endless loop, however busy the machine is.
                most = _LEAST_SECONDS + _FACTOR * self.seconds.get(item.nodeid, 0.0)
                signal.setitimer(signal.ITIMER_PROF, most)  # Then SIGPROF terminates the process.
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
                if session.testsfailed:
                    return 1
            return 0

        return not succeeds(run, timeout=timeout)

    def _functions(self, module: Path) -> tuple[Functions, dict[str, list[FunctionType]]]:
        path = str(self.copy / module)
        if module not in self._modules:
            importlib.import_module(".".join(module.with_suffix("").parts))
            source = (self.copy / module).read_text("utf-8")
            self._modules[module] = Functions.of(source, path), live_functions(path)
        return self._modules[module]


def run_patched(
    copy: Path,
    tests: Sequence[str],
    mutants: Sequence[tuple[Mutant, Sequence[str], float]],
    seconds: Mapping[str, float],
    report: Callable[[Mutant, bool | None], None],
) -> int:
    """Run mutants in this process' forks; returns pytest's exit code. For a process of its own."""
    os.chdir(copy)
    sys.path[0] = str(copy)
    sys.dont_write_bytecode = True
    silence()
    options = [*OPTIONS, f"--basetemp={copy / '.scratch'}"]
    return int(
        pytest.main([*options, *tests], plugins=[MutantRuns(copy, mutants, seconds, report)])
    )
