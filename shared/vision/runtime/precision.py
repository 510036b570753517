"""Chooses the build of a model: eight bits where the processor has instructions for them."""

from __future__ import annotations

import platform
from pathlib import Path

from shared.domain.models import Precision
from shared.vision.runtime.manifest import ModelEntry

_FLAGS = frozenset({"avx512_vnni", "avx_vnni"})
"""Processors that multiply and add bytes without an overflow between (Intel, "Vector Neural
Network Instructions"). On others uint8 by int8 saturates and costs about as much as float32."""

_PROCESSOR = Path("/proc/cpuinfo")


def chosen_build(
    entry: ModelEntry, precision: Precision, processor: Path = _PROCESSOR
) -> ModelEntry:
    """The build of a model that is to be run.

    Args:
        entry: a model of the manifest.
        precision: what is wanted; a model without an eight-bit build runs as it is.
        processor: Linux's description of the processor. Where there is none, or it names no such
            instructions, AUTO means FLOAT32.
    """
    if entry.eight_bit is None or precision is Precision.FLOAT32:
        return entry
    if precision is Precision.INT8 or computes_in_bytes(processor):
        return entry.eight_bit
    return entry


def chosen_precision(
    entry: ModelEntry, precision: Precision, processor: Path = _PROCESSOR
) -> Precision:
    """FLOAT32 or INT8: the arithmetic of the build that is to be run; see ``chosen_build``."""
    in_bytes = chosen_build(entry, precision, processor) is not entry
    return Precision.INT8 if in_bytes else Precision.FLOAT32


def computes_in_bytes(processor: Path = _PROCESSOR) -> bool:
    """Whether this processor has instructions that multiply and add bytes."""
    if platform.machine().lower() not in ("x86_64", "amd64") or not processor.exists():
        return False
    lines = processor.read_text("utf-8", errors="replace").splitlines()
    flags = next((line for line in lines if line.startswith("flags")), "")
    return not _FLAGS.isdisjoint(flags.partition(":")[2].split())
