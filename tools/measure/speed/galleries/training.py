"""Duration and memory of whole trainings and of trainings by deltas."""

from __future__ import annotations

import statistics
import time
import uuid
from pathlib import Path

import numpy as np

from shared.domain.values import Embedding, PersistedFace, Person
from shared.storage.layout import PEOPLE
from shared.storage.records.collections.people import People
from tools.measure.speed.galleries.gallery_site import (
    Site,
    collection_of,
    in_fresh_process,
    label,
    memory,
    open_store,
    train,
)
from tools.measure.speed.galleries.made_up_gallery import DIMENSION, Gallery
from tools.measure.speed.result import Result

CHANGED = 100


def measure(site: Site, gallery: Gallery, *, rounds: int) -> list[Result]:
    """Train a filled group once completely, then several times after 100 new faces."""
    size = label(gallery.faces)
    seconds, processor, peak = in_fresh_process(_timed, site.data, site.storage)
    incremental = []
    for number in range(rounds):
        add_faces(site, gallery.model, number)
        incremental.append(in_fresh_process(_timed, site.data, site.storage)[0])
    whole = f"{gallery.faces} faces of {gallery.persons} persons from SQLite into Azurite"
    after = f"{CHANGED} persons with a face added to {gallery.faces} faces, median of {rounds}"
    return [
        Result(f"train_{size}_s", seconds, "s", whole),
        Result(f"train_{size}_cpu_s", processor, "s", "processor time of the training process"),
        Result(f"train_{size}_peak_mb", peak / 1e6, "MB", "VmHWM of the training process"),
        Result(
            f"train_incremental_{CHANGED}_s" if size == "1m" else f"train_incremental_{size}_s",
            statistics.median(incremental),
            "s",
            after,
        ),
    ]


def add_faces(site: Site, model: str, seed: int) -> None:
    """Add persons with one face each, with the calls that enrolment makes."""
    generator = np.random.default_rng([13, seed])
    collection = collection_of(site)
    with open_store(site.data) as store:
        people = People(store.container(PEOPLE))
        for _ in range(CHANGED):
            vector = generator.standard_normal(DIMENSION, dtype=np.float32)
            vector /= np.linalg.norm(vector)
            person = Person(str(uuid.uuid4()), "new person")
            people.create(collection, person)
            face = PersistedFace(str(uuid.uuid4()), person.person_id, Embedding(vector, model))
            people.add_face(collection, face)


def _timed(data: Path, storage: str) -> tuple[float, float, int]:
    started = time.perf_counter()
    train(Site(data, storage))
    seconds = time.perf_counter() - started
    return seconds, time.process_time(), memory("VmHWM")
