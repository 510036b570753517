"""An inference gate without limits."""

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
