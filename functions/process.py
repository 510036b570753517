"""Process-wide settings of C libraries: threads and memory."""

from __future__ import annotations

import ctypes
import os
from collections.abc import MutableMapping

_M_ARENA_MAX = -8
"""Parameter of mallopt(3); from glibc's malloc.h."""
_ARENAS = 2

PILLOW_MEMORY = {"PILLOW_BLOCK_SIZE": "1m", "PILLOW_BLOCKS_MAX": "16"}
"""Size and number of the freed blocks that Pillow keeps. By default it keeps none and takes 16 MB
each, which malloc returns to the system, so that the next image waits for memory to be cleared
again: a quarter of the processor time of a detection in 12 megapixels. After images of that size
the process holds some 100 MB more than by default; its peak is 35 MB higher."""


def prepare_process(environment: MutableMapping[str, str] = os.environ) -> None:
    """Bound the memory and the threads of C libraries; the operator's own values are kept.

    Call it before threads are started and before numpy and Pillow are imported.
    """
    for name, value in PILLOW_MEMORY.items():
        environment.setdefault(name, value)
    # OpenBLAS's own threads stall on busy cores: a search takes 8 ms instead of 0.4.
    environment.setdefault("OPENBLAS_NUM_THREADS", "1")
    if "MALLOC_ARENA_MAX" not in environment:
        limit_malloc_arenas(_ARENAS)


def limit_malloc_arenas(arenas: int) -> bool:
    """Limit the number of arenas of glibc's malloc.

    By default there are up to eight per core, and each keeps the memory that its threads release:
    under load the service would use about twice the memory at the same throughput.

    Returns:
        Whether the limit was set; only glibc has one.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and mallopt(_M_ARENA_MAX, arenas) == 1
