"""In how many bits the recognition model computes."""

from __future__ import annotations

from enum import StrEnum


class Precision(StrEnum):
    """What the operator wants.

    Attributes:
        AUTO: eight bits where the processor has instructions for them.
        FLOAT32: never.
        INT8: always.
    """

    AUTO = "auto"
    FLOAT32 = "float32"
    INT8 = "int8"
