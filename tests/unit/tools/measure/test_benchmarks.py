"""Every benchmark runs; the figures are not judged."""

from __future__ import annotations

import pytest

from tools.measure.speed import (
    cold_start,
    deletions,
    overhead,
    parsers,
    recognition,
    requests,
    uploads,
)
from tools.measure.speed.__main__ import PROMISED, lacking
from tools.measure.speed.galleries import galleries
from tools.measure.speed.result import Result, table


def figures(results: list[Result]) -> dict[str, float]:
    return {result.name: result.value for result in results if result.value is not None}


def test_the_benchmark_of_cold_starts_gives_figures() -> None:
    found = figures(cold_start.measure(rounds=1))
    assert set(found) == {"import_over_baseline_ms", "cold_first_detect_s"}
    assert found["cold_first_detect_s"] > 0


def test_the_benchmark_of_recognition_gives_figures() -> None:
    found = figures(recognition.measure(rounds=1))
    assert {"decode_and_detect_ms", "faces_per_second", "all_attributes_ms_per_face"} <= set(found)
    assert 0 < found["decode_and_detect_ms"] < found["detect_and_embed_ms"]


def test_the_benchmark_of_requests_gives_figures() -> None:
    found = figures(requests.measure(seconds=0.2))
    assert len(found) == 6
    assert all(value > 0 for value in found.values())


def test_the_benchmark_of_parsers_gives_figures() -> None:
    found = figures(parsers.measure(requests=3))
    assert set(found) == {"request_with_httptools_ms", "request_with_h11_ms"}
    assert all(value > 0 for value in found.values())


def test_the_benchmark_of_overhead_gives_figures() -> None:
    found = figures(overhead.measure(rounds=1))
    overhead_seconds = found["detect_http_ms"] - found["model_ms"]
    assert found["http_overhead_fraction"] == pytest.approx(overhead_seconds / found["model_ms"])


def test_the_benchmark_of_uploads_gives_figures() -> None:
    found = figures(uploads.measure(blobs=3, rounds=2))
    assert 0 < found["upload_to_result_3_blobs_p50_ms"] <= found["upload_to_result_3_blobs_max_ms"]


def test_the_benchmark_of_deletions_gives_figures() -> None:
    found = figures(deletions.measure(uploads=2, faces=1))
    assert len(found) == 3
    assert all(value > 0 for value in found.values())


def test_the_benchmark_of_galleries_gives_figures() -> None:
    found = figures(galleries.measure(faces=2_000, larger=3_000, probes=30))
    assert (
        found["recall_at_1_2k"] == found["recall_at_10_2k"] == found["identify_http_2k_right"] == 1
    )
    assert found["search_2k_min_ms"] <= found["search_2k_p50_ms"]
    assert {"train_2k_s", "train_2k_peak_mb", "train_incremental_2k_s", "open_2k_ms"} <= set(found)
    assert {"bytes_per_face_2k", "search_3k_p50_ms", "added_documents_per_s"} <= set(found)
    assert all(value >= 0 for value in found.values())


def test_a_report_has_every_promised_figure_whatever_was_measured() -> None:
    measured = [Result(PROMISED[0], 1.5, "ms", "one"), Result("another", 2, "", "two")]

    rest = lacking(measured, "not asked for")

    assert {one.name for one in (*measured, *rest)} == {*PROMISED, "another"}
    assert {(one.value, one.how) for one in rest} == {(None, "not asked for")}


def test_a_figure_that_could_not_be_measured_is_shown_as_such() -> None:
    shown = table([Result("speed", None, "1/s", "the peer could not be installed")])
    assert shown.split() == ["speed", "-", "1/s", "the", "peer", "could", "not", "be", "installed"]
