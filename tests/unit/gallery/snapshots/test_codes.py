"""Codes against the plainest computation of what they stand for."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import faiss
import numpy as np
import pytest
from numpy.typing import NDArray

from shared.gallery.snapshots import codes as codes_module
from shared.gallery.snapshots import writer as writer_module
from shared.gallery.snapshots.codes import CodeBuilder, CodedRows, can_be_coded, cosines_of
from shared.gallery.snapshots.format import CodeStatistics
from shared.gallery.snapshots.mapped import Snapshot
from shared.gallery.snapshots.row_owners import RowOwners
from tests.unit.gallery.made_up_faces import make_up, unit, write_snapshot

STATISTICS = CodeStatistics(scale=0.9, error=0.01, middle=0.0, deviation=0.1)


def random_rows(rows: int, components: int, seed: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal((rows, components), dtype=np.float32)


def decoded(rows: NDArray[np.float32], codebooks: NDArray[np.float32]) -> NDArray[np.float32]:
    """Every pair of components replaced by the nearest of its centroids."""
    found = np.empty_like(rows)
    for pair, centroids in enumerate(codebooks):
        both = slice(2 * pair, 2 * pair + 2)
        distances = np.linalg.norm(rows[:, None, both] - centroids[None], axis=2)
        found[:, both] = centroids[distances.argmin(axis=1)]
    return found


def coded_rows(rows: NDArray[np.float32]) -> tuple[CodedRows, NDArray[np.float32]]:
    """Rows of persons with one face each, and what their codes stand for."""
    builder = CodeBuilder(rows)
    builder.add(rows)
    owners = RowOwners(np.arange(len(rows) + 1))
    coded = CodedRows(builder.codes, builder.codebooks, STATISTICS, owners)
    return coded, decoded(rows, builder.codebooks)


@pytest.mark.parametrize(
    ("dimension", "possible"), [(4, True), (5, False), (6, False), (10, False), (128, True)]
)
def test_vectors_whose_components_come_in_fours_can_be_coded(
    dimension: int, possible: bool
) -> None:
    assert can_be_coded(dimension) == possible


@pytest.mark.parametrize("count", [16, 128, 300, 20_001])
@pytest.mark.parametrize("extra", [0, 4])
def test_the_nearest_rows_are_those_whose_codes_score_highest(count: int, extra: int) -> None:
    rows = random_rows(count, 8 + extra, 1)
    coded, stand_ins = coded_rows(rows)
    probe = unit(random_rows(1, 8, 2)[0])

    scores, found = coded.nearest(probe, min(count, 40))

    exact = stand_ins[:, :8] @ probe - 0.5 * 0.9 * stand_ins[:, 8:].sum(axis=1)
    assert scores.shape == found.shape == (min(count, 40),)
    assert scores == pytest.approx(np.sort(exact)[::-1][: len(scores)], abs=0.1)
    assert exact[found] == pytest.approx(scores, abs=0.1)
    assert len(set(found.tolist())) == len(found)


def test_small_collections_never_import_faiss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faiss", None)
    module = runpy.run_path(codes_module.__file__)
    assert module["can_be_coded"](128)


def test_the_memory_of_the_codes_is_requested_in_large_pages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    requested: list[tuple[int, int]] = []
    monkeypatch.setattr(
        codes_module, "advise_large_pages", lambda *memory: requested.append(memory)
    )
    rows = random_rows(300, 8, 3)
    coded, _ = coded_rows(rows)
    assert requested == [(int(coded._index.codes.get()), 3 * 128 * 8 // 4)]


def test_every_call_restricts_faiss_to_one_thread() -> None:
    rows = random_rows(300, 8, 4)
    coded, _ = coded_rows(rows)
    builder = CodeBuilder(rows)
    before = faiss.omp_get_max_threads()
    try:
        for call in (
            lambda: coded.nearest(rows[0], 3),
            lambda: cosines_of(rows, np.arange(3), rows[0]),
            lambda: CodeBuilder(rows),
            lambda: builder.add(rows),
        ):
            faiss.omp_set_num_threads(2)
            call()
            assert faiss.omp_get_max_threads() == 1
    finally:
        faiss.omp_set_num_threads(before)


def test_cosines_are_those_of_the_given_rows_only() -> None:
    rows = unit(random_rows(50, 8, 5))
    numbers = np.array([7, 49, 0, 7, 10**15, 10**15, 10**15, 10**15])
    found = cosines_of(rows, numbers[:4], rows[7])
    assert found == pytest.approx(rows[[7, 49, 0, 7]] @ rows[7], abs=1e-6)
    assert found.shape == (4,)


def test_few_rows_are_coded_without_a_warning(capfd: pytest.CaptureFixture[str]) -> None:
    CodeBuilder(random_rows(16, 8, 6))
    assert capfd.readouterr() == ("", "")


def test_codebooks_are_fitted_to_every_row_of_the_sample() -> None:
    sample = random_rows(6_000, 4, 7)
    plain = faiss.ProductQuantizer(4, 2, 4)
    plain.cp.max_points_per_centroid = 10**6
    plain.train(sample)
    centroids = faiss.vector_to_array(plain.centroids).reshape(2, 16, 2)
    assert CodeBuilder(sample).codebooks == pytest.approx(centroids, abs=1e-6)


@pytest.mark.parametrize("count", [40, 64, 300, 5_000])
@pytest.mark.parametrize("extra", [0, 4])
def test_statistics_are_those_of_approximate_less_exact_scores(count: int, extra: int) -> None:
    rows = np.column_stack([unit(random_rows(count, 8, 8)), random_rows(count, extra, 9) / 10])
    builder = CodeBuilder(rows)

    found = builder.statistics(rows, 8)

    some = rows[:4_096].astype(np.float64)
    stand_ins = decoded(rows[:4_096], builder.codebooks).astype(np.float64)
    probes = some[:: {40: 1, 64: 1, 300: 4, 5_000: 64}[count], :8]
    cosines, coded = some[:, :8] @ probes.T, stand_ins[:, :8] @ probes.T
    near = cosines >= -np.sort(-cosines, axis=0)[min(64, count) - 1] - 1e-9
    scale = (coded[near] @ cosines[near]) / (cosines[near] @ cosines[near])
    exact = cosines - 0.5 * some[:, 8:].sum(axis=1)[:, None]
    approximate = coded - 0.5 * scale * stand_ins[:, 8:].sum(axis=1)[:, None]
    middle, high = np.quantile(exact, 0.5), np.quantile(exact, 0.99)
    assert found.scale == pytest.approx(scale, abs=2e-6)
    assert found.error == pytest.approx(np.std(approximate - scale * exact), abs=2e-6)
    assert found.middle == pytest.approx(middle, abs=2e-6)
    assert found.deviation == pytest.approx((high - middle) / 2.326347874, abs=2e-6)


def test_error_and_deviation_are_never_less_than_the_rounding_of_a_scan() -> None:
    rows = np.repeat(unit(random_rows(1, 8, 10)), 200, axis=0)
    builder = CodeBuilder(rows)
    found = builder.statistics(rows, 8)
    assert (found.error, found.deviation) == (0.005, 0.005)
    assert (found.scale, found.middle) == pytest.approx((1, 1), abs=1e-5)


@pytest.mark.parametrize("block", [100, 16_384])
def test_the_codes_of_a_snapshot_stand_for_its_rows_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(writer_module, "_BLOCK_ROWS", block)
    faces = make_up(np.random.default_rng(11), persons=300, most_faces=1, dimension=16)
    write_snapshot(tmp_path / "s", faces, coded_from=1)
    coded = Snapshot.open(tmp_path / "s", verify=True).coded
    assert coded is not None
    for row in (0, 1, 99, 100, 298, 299):
        assert coded.nearest(faces.vectors[row], 1)[1].tolist() == [row]
