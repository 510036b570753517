"""An inference gate and a memory budget without limits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class OpenGate:
    """An InferenceGate that admits every request at once."""

    @contextmanager
    def admit(self) -> Iterator[None]:
        """See InferenceGate."""
        yield

    @contextmanager
    def admit_patiently(self, timeout: float) -> Iterator[None]:
        """See InferenceGate."""
        yield


class OpenBudget:
    """A MemoryBudget that grants every reservation at once."""

    @contextmanager
    def reserve(self, size: int) -> Iterator[None]:
        """See MemoryBudget."""
        yield
