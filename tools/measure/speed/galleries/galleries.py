"""Benchmarks of large galleries: enrolling, training, searching, identifying, deleting."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from shared.gallery.snapshots.mapped import Snapshot
from shared.storage.layout import SNAPSHOTS
from tools.measure.speed import storing
from tools.measure.speed.galleries import identifying, searching, training
from tools.measure.speed.galleries.gallery_site import (
    Site,
    fill,
    found_group,
    label,
    model_name,
    open_site,
)
from tools.measure.speed.galleries.made_up_gallery import Gallery
from tools.measure.speed.result import Result

_FOLDER = Path(__file__).resolve().parents[4] / ".build"


def measure(*, faces: int, larger: int, probes: int) -> list[Result]:
    """Measure one gallery from enrolment to deletion, and a larger one that is only searched.

    Args:
        faces: number of faces in the first gallery.
        larger: number of faces in the second gallery.
        probes: number of timed searches.
    """
    gallery = Gallery(faces, model_name())
    _FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=_FOLDER) as folder:
        data, snapshot = Path(folder) / "data", Path(folder) / "snapshot"
        data.mkdir()
        found_group(data)
        with open_site(data) as site:
            results = _fill(site, gallery)
            results += training.measure(site, gallery, rounds=3)
            _download_base(site, snapshot)
        results += searching.measure(snapshot, gallery, probes=probes, exact_probes=probes // 3)
        snapshot.unlink()
        results += identifying.measure(data, gallery, requests=probes)
        results += storing.measure(data, gallery, additions=max(100, faces // 500))
    with tempfile.TemporaryDirectory(prefix="bench-", dir=_FOLDER) as folder:
        results += searching.measure_larger(
            Path(folder), Gallery(larger, gallery.model), probes=probes
        )
    return results


def _fill(site: Site, gallery: Gallery) -> list[Result]:
    started = time.perf_counter()
    fill(site, gallery)
    rate = (gallery.faces + gallery.persons) / (time.perf_counter() - started)
    how = "persons with their faces, a hundred documents a step"
    return [Result(f"fill_{label(gallery.faces)}_documents_per_s", rate, "1/s", how)]


def _download_base(site: Site, target: Path) -> None:
    """Download the base snapshot, not its delta."""
    blobs = site.blobs()
    largest = max(blobs.listing(SNAPSHOTS), key=lambda blob: blob.size)
    blobs.download(SNAPSHOTS, largest.name, target)
    Snapshot.open(target, verify=True)
