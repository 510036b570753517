"""Measures how well a service distinguishes persons on labelled images, over HTTP.

Each image is detected once; its largest face lives for an hour. Pairs of faces are then compared by
their faceIds, 30 a request.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from lineament.connection.client import Client
from lineament.enrolment.parallel import run_parallel
from lineament.enrolment.sources import items_of_folder
from lineament.enrolment.table import read_rows
from lineament.errors import Refused
from lineament.service.collections import FACE
from lineament.service.images import read_image
from lineament.service.recognition import DETECTION_MODEL

_FACES_PER_REQUEST = 30
_SECONDS = 3600
_COLUMNS = ("first", "second", "same")
_Z = 1.96
"""Of a normal distribution, for intervals of 95 %."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two images, and whether they show the same person."""

    first: str
    second: str
    same: bool


@dataclass(frozen=True, slots=True)
class Scores:
    """The confidences of compared pairs.

    Attributes:
        same: of pairs of one person, ascending.
        other: of pairs of two persons, ascending.
    """

    same: list[float]
    other: list[float]


@dataclass(frozen=True, slots=True)
class Share:
    """A share of pairs with its Wilson interval of 95 %, all between 0 and 1."""

    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Rates:
    """What a threshold does.

    Attributes:
        false_accepts: pairs of two persons that reach the threshold.
        misses: pairs of one person that do not.
    """

    threshold: float
    false_accepts: Share
    misses: Share


def read_pairs(source: Path) -> list[Pair]:
    """All pairs of the images of a folder with a folder a person, or the pairs of a CSV file.

    Raises:
        Refused: the file lacks a column or a value; paths start from its folder.
    """
    if source.is_dir():
        items, _ = items_of_folder(source)
        return [
            Pair(str(source / a.image), str(source / b.image), a.person == b.person)
            for a, b in combinations(items, 2)
        ]
    return [_pair(source, line, *values) for line, values in read_rows(source, _COLUMNS)]


def detect_largest(
    client: Client, images: Sequence[str], model: str, threads: int, advance: Callable[[], None]
) -> dict[str, str]:
    """The faceId of the largest face of each image that has one and can be read.

    Args:
        model: the recognition model to measure.

    Raises:
        Refused: the service has no such model, or refuses the key.
    """
    found: dict[str, str] = {}
    query = {
        "recognitionModel": model,
        "detectionModel": DETECTION_MODEL,
        "faceIdTimeToLive": _SECONDS,
    }

    def work(name: str) -> tuple[str, str | None]:
        try:
            body = read_image(name).body
            faces = client.json("POST", f"{FACE}/detect", query=query, **body)
        except Refused as error:
            if error.status == 401 or error.code == "BadArgument":
                raise
            return name, None
        return name, faces[0]["faceId"] if faces else None

    def done(result: tuple[str, str | None]) -> None:
        advance()
        if result[1] is not None:
            found[result[0]] = result[1]

    run_parallel(images, work, threads, done)
    return found


def requests_of(pairs: Sequence[Pair], faces: dict[str, str]) -> list[list[Pair]]:
    """The pairs whose two images have a face, in requests: up to 30 of one first image."""
    waiting: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        if pair.first in faces and pair.second in faces:
            waiting[pair.first].append(pair)
    return [
        some[start : start + _FACES_PER_REQUEST]
        for some in waiting.values()
        for start in range(0, len(some), _FACES_PER_REQUEST)
    ]


def compare_pairs(
    client: Client,
    requests: Sequence[list[Pair]],
    faces: dict[str, str],
    threads: int,
    advance: Callable[[], None],
) -> Scores:
    """The confidences of pairs, by requests of :func:`requests_of`."""
    scores = Scores([], [])

    def work(some: list[Pair]) -> list[tuple[bool, float]]:
        body = {
            "probe": {"faceId": faces[some[0].first]},
            "against": [{"faceId": faces[pair.second]} for pair in some],
            "maxNumOfPairsReturned": _FACES_PER_REQUEST,
        }
        answer = client.json("POST", "lineament/v1/compare", json=body)
        return [
            (some[one["against"]["index"]].same, float(one["confidence"]))
            for one in answer["pairs"]
        ]

    def done(results: list[tuple[bool, float]]) -> None:
        advance()
        for same, confidence in results:
            (scores.same if same else scores.other).append(confidence)

    run_parallel(requests, work, threads, done)
    return Scores(sorted(scores.same), sorted(scores.other))


def threshold_for(scores: Scores, rate: float) -> float:
    """The lowest confidence that at most a share ``rate`` of the pairs of two persons reach.

    Rounded up to 5 digits, as many as the service gives.
    """
    allowed = math.floor(rate * len(scores.other))
    if allowed >= len(scores.other):
        return 0.0
    highest_rejected = scores.other[len(scores.other) - allowed - 1]
    return min(1.0, round(highest_rejected + 1e-5, 5))


def rates_at(scores: Scores, threshold: float) -> Rates:
    """The shares of wrong answers at a threshold."""
    accepted = sum(one >= threshold for one in scores.other)
    missed = sum(one < threshold for one in scores.same)
    return Rates(threshold, _share(accepted, len(scores.other)), _share(missed, len(scores.same)))


def _share(count: int, total: int) -> Share:
    """A share with Wilson's interval (E. B. Wilson 1927, J. Am. Stat. Assoc. 22, 209 to 212)."""
    share = count / total
    centre = (share + _Z**2 / (2 * total)) / (1 + _Z**2 / total)
    spread = _Z * math.sqrt(share * (1 - share) / total + _Z**2 / (4 * total**2))
    half = spread / (1 + _Z**2 / total)
    return Share(share, max(0.0, centre - half), min(1.0, centre + half))


def _pair(source: Path, line: int, first: str, second: str, same: str) -> Pair:
    if not first or not second or same not in ("0", "1"):
        raise Refused(f"Line {line} of {source} needs two images, and 1 or 0 for same.")
    return Pair(str(source.parent / first), str(source.parent / second), same == "1")
