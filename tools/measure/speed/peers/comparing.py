"""Recognition speed compared with other programs: the same images, in turns."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tools.measure.speed.images import comparison_images
from tools.measure.speed.peers import entrants
from tools.measure.speed.peers.contender import Contender, Round
from tools.measure.speed.peers.environments import PEERS_DIRECTORY, PeerUnavailable
from tools.measure.speed.result import Result

OURSELVES = "lineament"
THREADS = (1, 2, 4)


@dataclass(slots=True)
class Measurement:
    """The measured rounds of one contender by number of threads, and the reason if it failed."""

    rounds: dict[int, list[Round]] = field(default_factory=dict)
    reason: str | None = None

    @property
    def faces(self) -> int | None:
        """The number of faces found on all images; None if the program does not run."""
        return sum(self.rounds[1][0].faces) if 1 in self.rounds else None

    @property
    def faces_per_cpu_second(self) -> float | None:
        """Rate of the best round with one thread; None if the program does not run."""
        if self.faces is None:
            return None
        return self.faces / min(one.cpu_seconds for one in self.rounds[1])

    def images_per_second(self, threads: int) -> float | None:
        """Rate of the best round with that many threads; None if the program does not run."""
        if threads not in self.rounds:
            return None
        best = min(one.seconds for one in self.rounds[threads])
        return len(self.rounds[threads][0].faces) / best


def measure(*, rounds: int, peers: bool | None = None) -> list[Result]:
    """Measure every contender on all images, in turns, a number of times.

    Args:
        rounds: the best of them counts, because other load on the machine only adds time.
        peers: whether to include other programs; None: unless PEERS=0.
    """
    if peers is None:
        peers = os.environ.get("PEERS") != "0"
    origin, images = comparison_images()
    measured = compare(images, entrants.PEERS if peers else (), rounds)
    how = f"{len(images)} images of {origin}, best of {rounds} rounds in turns"
    return [*_figures(measured, how), *ratios(measured, peers=peers, how=how)]


def compare(
    images: Sequence[Path],
    peers: Sequence[entrants.Peer],
    rounds: int,
    directory: Path = PEERS_DIRECTORY,
) -> dict[str, Measurement]:
    """The measurement of each contender, this service first; environments are in the directory."""
    measured = {OURSELVES: Measurement(), **{peer.name: Measurement() for peer in peers}}
    with _contenders(images, peers, measured, directory) as running:
        for threads in THREADS:
            for _ in range(rounds):
                _one_turn(running, measured, threads)
    return measured


@contextmanager
def _contenders(
    images: Sequence[Path],
    peers: Sequence[entrants.Peer],
    measured: Mapping[str, Measurement],
    directory: Path,
) -> Iterator[dict[str, Contender]]:
    """The contenders that start; the reason of each failure goes into its measurement."""
    with ExitStack() as stack:
        running = {
            OURSELVES: stack.enter_context(Contender(Path(sys.executable), "lineament", images))
        }
        for peer in peers:
            try:
                running[peer.name] = stack.enter_context(entrants.start(peer, images, directory))
            except PeerUnavailable as error:
                measured[peer.name].reason = str(error)
        yield running


def _one_turn(
    running: Mapping[str, Contender], measured: Mapping[str, Measurement], threads: int
) -> None:
    for name, contender in running.items():
        if measured[name].reason is not None:
            continue
        try:
            finished = contender.round(threads)
        except PeerUnavailable as error:
            if name == OURSELVES:
                raise
            measured[name].reason = str(error)
        else:
            measured[name].rounds.setdefault(threads, []).append(finished)


def _figures(measured: Mapping[str, Measurement], how: str) -> list[Result]:
    results = []
    for name, one in measured.items():
        figures = [
            ("faces_found", one.faces, ""),
            ("faces_per_cpu_second", one.faces_per_cpu_second, "1/s"),
            *(
                (f"images_per_second_{threads}_at_once", one.images_per_second(threads), "1/s")
                for threads in THREADS
            ),
        ]
        results += [
            Result(f"{name}_{what}", value, unit, how if value is not None else one.reason or how)
            for what, value, unit in figures
        ]
    return results


def ratios(measured: Mapping[str, Measurement], *, peers: bool, how: str) -> list[Result]:
    """Faces per CPU-second over those of the fastest peer, and of OpenCV as shipped."""
    rates = {name: one.faces_per_cpu_second for name, one in measured.items()}
    ours = rates.pop(OURSELVES)
    ran = {name: rate for name, rate in rates.items() if rate is not None}
    fastest = max(ran, key=lambda name: ran[name], default=None)
    absent = "peers did not take part: PEERS=0"
    shipped = entrants.OPENCV_414_SHIPPED
    why = (measured[shipped].reason or how) if peers else absent
    no_peer = "no peer runs here" if peers else absent
    return [
        Result(
            "faces_per_cpu_second_vs_fastest_peer",
            ours / ran[fastest] if ours and fastest else None,
            "x",
            f"over {fastest}; {how}" if fastest else no_peer,
        ),
        Result(
            "faces_per_cpu_second_vs_opencv414",
            ours / ran[shipped] if ours and shipped in ran else None,
            "x",
            why,
        ),
    ]
