from __future__ import annotations

from pathlib import Path

import pytest

from shared.domain.models import Precision
from shared.vision.runtime.manifest import Manifest, Task
from shared.vision.runtime.precision import chosen_build, computes_in_bytes


@pytest.mark.parametrize(
    ("flags", "machine", "expected"),
    [
        ("fpu avx512f avx512_vnni", "x86_64", True),
        ("fpu avx2 avx_vnni", "AMD64", True),
        ("fpu avx2 avx512f avx512_vnniX", "x86_64", False),
        ("fpu avx512_vnni", "aarch64", False),
    ],
)
def test_eight_bits_are_chosen_by_the_flags_of_the_processor(
    tmp_path: Path,
    manifest: Manifest,
    monkeypatch: pytest.MonkeyPatch,
    flags: str,
    machine: str,
    expected: bool,
) -> None:
    monkeypatch.setattr("platform.machine", lambda: machine)
    described = tmp_path / "cpuinfo"
    described.write_text(f"processor\t: 0\nflags\t\t: {flags}\nbugs\t\t: none\n")
    entry = manifest.first(Task.RECOGNITION)
    assert computes_in_bytes(described) is expected
    build = chosen_build(entry, Precision.AUTO, described)
    assert build is (entry.eight_bit if expected else entry)


def test_where_the_processor_is_not_described_float32_is_chosen(
    tmp_path: Path, manifest: Manifest
) -> None:
    entry = manifest.first(Task.RECOGNITION)
    assert chosen_build(entry, Precision.AUTO, tmp_path / "none") is entry


def test_the_operator_may_choose(tmp_path: Path, manifest: Manifest) -> None:
    entry = manifest.first(Task.RECOGNITION)
    assert chosen_build(entry, Precision.FLOAT32) is entry
    assert chosen_build(entry, Precision.INT8, tmp_path / "none") is entry.eight_bit


def test_both_builds_stamp_embeddings_alike(manifest: Manifest) -> None:
    entry = manifest.first(Task.RECOGNITION)
    assert entry.eight_bit is not None
    assert entry.eight_bit.name == entry.name
    assert entry.eight_bit.file != entry.file


def test_a_model_without_an_eight_bit_build_runs_as_it_is(manifest: Manifest) -> None:
    entry = manifest.first(Task.DETECTION)
    assert chosen_build(entry, Precision.INT8) is entry
