"""What all ledgers share: a group whose stores are interrupted, and how its histories are run.

LEDGER_EXAMPLES sets the number of histories, which are random then; the default is 60, the same in
every run. LEDGER_NO_SHRINKING, if set, reports the first history that fails as it is.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from shared.domain.clock import Clock
from shared.domain.errors import Conflict, NotFound, TrainingNotFinished, Unavailable
from shared.storage.documents.store import DocumentStore
from tests.doubles.clocks import ManualClock
from tests.doubles.identifiers import begin_ids_again
from tests.doubles.interruptions import Interruption, Interruptions
from tests.unit.services.groups.trainable_group import TrainableGroup

EXAMPLES = int(os.environ.get("LEDGER_EXAMPLES", "60"))
CHOICES = st.integers(0, 10**6)
"""Chooses one of those that exist then: the number modulo how many there are."""


@dataclass(frozen=True)
class StepInterruption:
    """How a step is interrupted.

    Attributes:
        at: number of the call of a store, from 1.
        kind: what happens then; see ``Ledger.meanwhile``.
        first: whether it happens before the call is carried out.
        choice: chooses what it happens to, where the kind leaves that open.
    """

    at: int
    kind: str
    first: bool
    choice: int = 0


def interruptions(
    calls: st.SearchStrategy[int], kinds: Sequence[str], *choices: st.SearchStrategy[int]
) -> st.SearchStrategy[StepInterruption | None]:
    """No interruption, or one at any of the calls; ``choices`` are drawn where given."""
    drawn = st.builds(StepInterruption, calls, st.sampled_from(kinds), st.booleans(), *choices)
    return st.one_of(st.none(), drawn)


class Ledger(RuleBasedStateMachine):
    """A group whose stores are interrupted.

    Attributes:
        folder: holds everything that is stored, except documents on Cosmos DB.
        refusals: errors with which an interrupted step may end: its caller gets them, or the host
            delivers its message again.
    """

    refusals: ClassVar[tuple[type[Exception], ...]] = (Unavailable, Conflict, NotFound)

    def __init__(self, *, amended_from: int = 10, storage_clock: Clock | None = None) -> None:
        super().__init__()
        begin_ids_again()
        self.folder = Path(tempfile.mkdtemp(prefix="ledger-"))
        self.interruptions = Interruptions()
        self.clock = ManualClock()
        self.group = TrainableGroup(
            self.folder,
            store=self.open_store(),
            clock=self.clock,
            interruptions=self.interruptions,
            amended_from=amended_from,
            storage_clock=storage_clock,
        )

    def open_store(self) -> DocumentStore | None:
        """Where documents are; None: in SQLite."""
        return None

    def meanwhile(self, interruption: StepInterruption) -> Callable[[], None] | None:
        """What happens at the call that is interrupted; None: the call fails."""
        raise NotImplementedError

    def check_the_end(self) -> None:
        """Assert what holds after a history."""
        raise NotImplementedError

    def teardown(self) -> None:
        """See RuleBasedStateMachine."""
        try:
            self.check_the_end()
        finally:
            self.group.store.close()
            shutil.rmtree(self.folder)

    def interrupted(self, interruption: StepInterruption | None, step: Callable[[], None]) -> None:
        """Carry out a step with its interruption, or with none."""
        if interruption is not None:
            act = self.meanwhile(interruption)
            self.interruptions.plan(Interruption(interruption.at, act, interruption.first))
        try:
            step()
        except self.refusals:
            pass
        finally:
            self.interruptions.plan(None)

    def request_training(self) -> None:
        """Request a training, unless one runs, and deliver the messages of the training queue."""
        with suppress(TrainingNotFinished):
            self.group.training.request(self.group.key)
        self.group.deliver_training()

    def finish_what_is_pending(self) -> None:
        """Let the timer run hourly until every task is done that a history may leave."""
        for _ in range(4):
            self.clock.advance(timedelta(minutes=61))
            self.group.send_pending()
            self.group.deliver_training()
            self.group.erase()


def run_histories(ledger: type[Ledger], examples: int, *, steps: int) -> None:
    """Run histories of a ledger; AssertionError with the shortest one that fails.

    Args:
        examples: how many; at least one is run.
        steps: of one history, at most.
    """
    run_state_machine_as_test(
        ledger,
        settings=settings(
            max_examples=max(1, examples),
            stateful_step_count=steps,
            deadline=None,
            derandomize="LEDGER_EXAMPLES" not in os.environ,
            database=None,
            phases=[Phase.generate] if "LEDGER_NO_SHRINKING" in os.environ else list(Phase),
            suppress_health_check=list(HealthCheck),
        ),
    )
