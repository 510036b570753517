"""What the whole process is set to before it serves."""

from __future__ import annotations

import ctypes
import os
from collections.abc import MutableMapping

_M_ARENA_MAX = -8
"""Of mallopt(3), glibc's malloc.h."""
_ARENAS = 2


def prepare_process(environment: MutableMapping[str, str] = os.environ) -> None:
    """Bound the memory and the threads of C libraries; the operator's own values are kept.

    Call it before threads are started and before numpy is imported.
    """
    # With threads of its own OpenBLAS stalls on busy cores: 8 ms instead of 0.4 for a search.
    environment.setdefault("OPENBLAS_NUM_THREADS", "1")
    if "MALLOC_ARENA_MAX" not in environment:
        limit_malloc_arenas(_ARENAS)


def limit_malloc_arenas(arenas: int) -> bool:
    """Have glibc's malloc use at most so many arenas.

    By default it makes eight a core, each of which keeps what its threads have released: under
    load the service then holds about twice the memory at the same throughput.

    Returns:
        Whether the C library has such a bound; others than glibc have none.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and mallopt(_M_ARENA_MAX, arenas) == 1
