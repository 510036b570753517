"""The comparison with other programs: participants, figures and reasons for missing ones."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tools.measure.speed.images import comparison_images
from tools.measure.speed.peers import comparing
from tools.measure.speed.peers.contender import Contender, Round
from tools.measure.speed.peers.entrants import OPENCV_414_SHIPPED, Peer
from tools.measure.speed.peers.environments import Environment, PeerUnavailable, python_of
from tools.measure.speed.result import Result

NOT_TO_BE_HAD = Environment("nothing", ("/nowhere/nothing-1.0-py3-none-any.whl",))


def by_name(results: list[Result]) -> dict[str, Result]:
    return {result.name: result for result in results}


def test_without_peers_own_figures_are_printed_and_the_ratios_have_a_reason() -> None:
    found = by_name(comparing.measure(rounds=1, peers=False))
    _, images = comparison_images()
    assert (found["lineament_faces_found"].value or 0) >= len(images)
    assert (found["lineament_faces_per_cpu_second"].value or 0) > 0
    for threads in comparing.THREADS:
        assert (found[f"lineament_images_per_second_{threads}_at_once"].value or 0) > 0
    for ratio in ("faces_per_cpu_second_vs_fastest_peer", "faces_per_cpu_second_vs_opencv414"):
        assert found[ratio].value is None
        assert "PEERS=0" in found[ratio].how


def test_a_peer_that_cannot_be_installed_is_reported_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(PeerUnavailable, match="not installed"):
        python_of(NOT_TO_BE_HAD, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_program_that_ends_is_reported_with_its_last_line(tmp_path: Path) -> None:
    (tmp_path / "image.jpg").write_bytes(b"not an image")
    with (
        Contender(Path(sys.executable), "lineament", [tmp_path / "image.jpg"]) as contender,
        pytest.raises(PeerUnavailable, match=r"does not run: .*size is too small"),
    ):
        contender.round(1)


def test_a_rate_is_that_of_the_best_round() -> None:
    one = comparing.Measurement()
    one.rounds = {1: [Round([1, 2], 2.0, 1.5), Round([1, 2], 4.0, 0.5)]}
    assert one.faces_per_cpu_second == 6.0
    assert one.images_per_second(1) == 1.0


def test_the_ratios_are_over_the_fastest_peer_and_over_opencv_as_shipped() -> None:
    rates = {comparing.OURSELVES: 0.5, OPENCV_414_SHIPPED: 2.0, "faster": 1.0}
    measured = {name: comparing.Measurement() for name in (*rates, "absent")}
    for name, seconds in rates.items():
        measured[name].rounds = {1: [Round([2], 1.0, seconds)]}
    measured["absent"].reason = "not installed: no such package"
    found = by_name(comparing.ratios(measured, peers=True, how="one image"))
    assert found["faces_per_cpu_second_vs_fastest_peer"].value == 2.0
    assert "over faster" in found["faces_per_cpu_second_vs_fastest_peer"].how
    assert found["faces_per_cpu_second_vs_opencv414"].value == 4.0


def test_a_peer_that_does_not_run_gives_no_figures_but_the_reason(tmp_path: Path) -> None:
    _, images = comparison_images()
    peer = Peer("broken", "no_such_program", Environment("empty", ()))
    measured = comparing.compare(images[:1], [peer], 1, tmp_path)
    assert "does not run" in (measured["broken"].reason or "")
    assert measured["broken"].faces_per_cpu_second is None
    assert (measured[comparing.OURSELVES].faces or 0) >= 1
