"""Which photographs benchmarks look at: the sample photographs beside the project, or portraits."""

from __future__ import annotations

from pathlib import Path

from tools.fetch_portraits import FILES, PORTRAITS_DIRECTORY

_SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "faces"


def sample_photographs() -> tuple[str, list[bytes]]:
    """Where they come from, in a word, and their contents."""
    if _SHARED.is_dir():
        files = sorted(_SHARED.glob("*.jpg"))
        return "../shared/data/faces", [file.read_bytes() for file in files]
    return "portraits", [
        (PORTRAITS_DIRECTORY / name).read_bytes() for name in FILES if name.endswith(".jpg")
    ]
