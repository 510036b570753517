"""Speed of opening and searching a snapshot, compared with memory bandwidth; and its recall."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shared.domain.models import IdentificationFit
from shared.gallery.search.exact_scan import scan
from shared.gallery.search.trained_faces import SearchableFaces, TrainedFaces
from shared.gallery.snapshots.mapped import Snapshot
from shared.gallery.snapshots.writer import SnapshotWriter
from shared.services.recognition.identification_scale import IdentificationScales, Scale
from shared.vision.confidence import ConfidenceCurve
from shared.vision.runtime.manifest import Task, load_manifest
from tools.measure.speed.galleries.gallery_site import in_fresh_process, label, memory
from tools.measure.speed.galleries.made_up_gallery import DIMENSION, Gallery
from tools.measure.speed.result import Result

_CANDIDATES = 10
_SALT = b"made-up galleries"
_STREAM_BYTES = 512 * 1024 * 1024


def measure(snapshot: Path, gallery: Gallery, *, probes: int, exact_probes: int) -> list[Result]:
    """Open a snapshot file and search it.

    Args:
        probes: number of timed searches.
        exact_probes: number of searches whose result is compared with that of a full scan.
    """
    size = label(gallery.faces)
    opened = in_fresh_process(_opened, snapshot)
    timed = in_fresh_process(_timed, snapshot, gallery, probes)
    recalls = in_fresh_process(_recall, snapshot, gallery, exact_probes)
    return [*opened_results(size, opened), *_timed_results(size, timed), *_recalls(size, recalls)]


def measure_larger(folder: Path, gallery: Gallery, *, probes: int) -> list[Result]:
    """Search a gallery written in the form that training writes, without a store."""
    path = folder / "larger"
    in_fresh_process(write_directly, path, gallery)
    timed = in_fresh_process(_timed, path, gallery, probes)
    size = label(gallery.faces)
    return _timed_results(size, timed)


def write_directly(path: Path, gallery: Gallery) -> None:
    """Write a gallery with the writer that training uses."""
    chunks = list(gallery.chunks())
    order = sorted(
        (person_id, number, place)
        for number, chunk in enumerate(chunks)
        for place, person_id in enumerate(chunk.person_ids)
    )
    starts = [np.searchsorted(one.owners, np.arange(len(one.person_ids) + 1)) for one in chunks]
    rule = _fit().length
    with SnapshotWriter(
        path,
        model=gallery.model,
        dimension=DIMENSION,
        created=datetime.now(UTC),
        salt=_SALT,
    ) as writer:
        for person_id, number, place in order:
            for row in range(starts[number][place], starts[number][place + 1]):
                chunk = chunks[number]
                handicap = rule.handicap(float(chunk.lengths[row]))
                face_id = _bytes(chunk.face_ids[row])
                writer.add(_bytes(person_id), face_id, chunk.vectors[row], handicap)
        writer.finish()


def _opened(path: Path) -> tuple[list[float], int, int]:
    """Seconds of each opening, anonymous memory of one, and the number of faces."""
    import faiss  # noqa: F401 - counted with the process, not with the snapshot

    before = memory("RssAnon")
    seconds = []
    for _ in range(9):
        started = time.perf_counter()
        faces = TrainedFaces(Snapshot.open(path, verify=False))
        seconds.append(time.perf_counter() - started)
        number = faces.base.index.faces
        if len(seconds) < 9:
            del faces
    found = faces.without([])
    found.nearest_persons(np.ascontiguousarray(faces.base.vectors[:1]), count=_CANDIDATES)
    return seconds, memory("RssAnon") - before, number


def opened_results(size: str, opened: tuple[list[float], int, int]) -> list[Result]:
    """The values of ``_opened`` as results."""
    seconds, anonymous, faces = opened
    return [
        Result(
            f"open_{size}_ms",
            statistics.median(seconds) * 1000,
            "ms",
            f"checks, mapping and loading the codes of a cached snapshot, median of {len(seconds)}",
        ),
        Result(
            "bytes_per_face" if size == "1m" else f"bytes_per_face_{size}",
            anonymous / faces,
            "B",
            "growth of anonymous memory by opening and searching; mapped rows are not in it",
        ),
    ]


def _timed(path: Path, gallery: Gallery, probes: int) -> dict[str, float]:
    """Milliseconds of searches, and bytes per second of reading memory, measured in turns."""
    snapshot = Snapshot.open(path, verify=True)  # as when it was fetched
    faces = TrainedFaces(snapshot).without([])
    _, vectors = gallery.probes(probes)
    floor = _scale(faces).least_score(0.5)
    stream = np.ones(_STREAM_BYTES // 4, np.float32)
    bandwidth, floored, plain, codes = [], [], [], []
    _search(faces, vectors[:20], floor)
    for begin in range(0, len(vectors), 50):
        some = vectors[begin : begin + 50]
        bandwidth.append(_STREAM_BYTES / min(_seconds(lambda: np.dot(stream, stream), 3)))
        floored += _search(faces, some, floor)
        plain += _search(faces, some, -2.0)
        if (coded := snapshot.coded) is not None:
            for one in some:
                codes += _seconds(partial(coded.nearest, one, 10), 1)
    least = _scale(faces).least_subtracted
    batch = _seconds(
        lambda: faces.nearest_persons(vectors[:10], count=10, floor=floor, least=least), 10
    )
    scanning = _seconds(lambda: scan(snapshot.vectors, vectors[:1], count=1_000, excluded=_NONE), 3)
    scanned = DIMENSION // 4 if snapshot.coded is not None else 4 * DIMENSION
    rate = scanned * snapshot.index.faces / min(floored)
    return {
        "p50": statistics.median(floored) * 1000,
        "min": min(floored) * 1000,
        "p95": float(np.percentile(floored, 95)) * 1000,
        "unfloored_p50": statistics.median(plain) * 1000,
        "codes_only_min": min(codes or floored) * 1000,
        "batch_10_min": min(batch) * 1000,
        "exact_1000_faces_min": min(scanning) * 1000,
        "bandwidth": max(bandwidth) / 1e9,
        "fraction": rate / max(bandwidth),
        "codes_fraction": scanned * snapshot.index.faces / min(codes or floored) / max(bandwidth),
    }


def _timed_results(size: str, timed: dict[str, float]) -> list[Result]:
    one = f"one probe, {_CANDIDATES} candidates, one thread"
    hows = {
        "p50": f"{one}, confidence from 0.5",
        "min": f"{one}, confidence from 0.5, best",
        "p95": f"{one}, confidence from 0.5",
        "unfloored_p50": f"{one}, any confidence",
        "codes_only_min": "the scan of the codes alone, best",
        "batch_10_min": "ten probes in one call, best",
        "exact_1000_faces_min": "the nearest 1,000 faces by a full scan, best",
    }
    fraction = "bytes of codes over the best search, by the best rate of reading memory in the run"
    return [
        *(Result(f"search_{size}_{name}_ms", timed[name], "ms", how) for name, how in hows.items()),
        Result(f"search_{size}_bandwidth_fraction", timed["fraction"], "", fraction),
        Result(
            f"search_{size}_codes_bandwidth_fraction",
            timed["codes_fraction"],
            "",
            "likewise, the scan of the codes alone",
        ),
        Result(
            f"memory_read_beside_{size}_gb_per_s",
            timed["bandwidth"],
            "GB/s",
            "numpy.dot of 512 MB, best, in turns with the searches",
        ),
    ]


def _recall(path: Path, gallery: Gallery, probes: int) -> tuple[float, float, float]:
    """The share of a full scan's first person and first ten persons that the search finds, and the
    share of probes whose own person comes first."""
    owners, vectors = gallery.probes(probes)
    snapshot = Snapshot.open(path, verify=False)
    coded = TrainedFaces(snapshot).without([])
    least = _scale(coded).least_subtracted
    found = coded.nearest_persons(vectors, count=10, least=least)
    snapshot.coded = None
    scanned = TrainedFaces(snapshot).without([])
    exact = scanned.nearest_persons(vectors, count=10, least=least)
    pairs = list(zip(found, exact, strict=True))
    first = [ours[0].person_id == theirs[0].person_id for ours, theirs in pairs]
    ten = [
        len({one.person_id for one in ours} & {one.person_id for one in theirs}) / len(theirs)
        for ours, theirs in pairs
    ]
    own = [ours[0].person_id == owner for ours, owner in zip(found, owners, strict=True)]
    return statistics.mean(first), statistics.mean(ten), statistics.mean(own)


def _recalls(size: str, recalls: tuple[float, float, float]) -> list[Result]:
    how = "persons, against a full scan by the same scores"
    return [
        Result(f"recall_at_1_{size}", recalls[0], "", how),
        Result(f"recall_at_10_{size}", recalls[1], "", how),
        Result(f"rank_1_own_person_{size}", recalls[2], "", "made-up faces, one more of a person"),
    ]


_NONE: NDArray[np.int64] = np.empty(0, np.int64)


def _search(faces: SearchableFaces, probes: NDArray[np.float32], floor: float) -> list[float]:
    least = _scale(faces).least_subtracted
    search = partial(faces.nearest_persons, count=_CANDIDATES, floor=floor, least=least)
    return [_seconds(partial(search, one[None]), 1)[0] for one in probes]


def _scale(faces: SearchableFaces) -> Scale:
    """The scale of a gallery of the built-in model."""
    model = load_manifest().first(Task.RECOGNITION)
    curves = {model.name: ConfidenceCurve(model.confidence)}
    return IdentificationScales(curves, {model.name: _fit()}).scale(model.name, faces.size)


def _fit() -> IdentificationFit:
    """The identification fit of the built-in model."""
    fit = load_manifest().first(Task.RECOGNITION).identification
    if fit is None:
        raise LookupError("The built-in recognition model has no fit of identification.")
    return fit


def _seconds(work: Callable[[], object], times: int) -> list[float]:
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return taken


def _bytes(identifier: str) -> bytes:
    return bytes.fromhex(identifier.replace("-", ""))
