"""Speed of the document store: adding faces, listing persons, and purging during other requests."""

from __future__ import annotations

import statistics
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np

from shared.domain.collections import LARGE_PERSON_GROUP
from shared.domain.values import Collection, Embedding, PersistedFace, Person
from shared.services.messages import PurgeMessage
from shared.storage.layout import PEOPLE
from shared.storage.records.collections.people import People
from tools.measure.speed.galleries.gallery_site import (
    KEY,
    Client,
    Site,
    collection_of,
    label,
    open_site,
    open_store,
)
from tools.measure.speed.galleries.made_up_gallery import Gallery
from tools.measure.speed.requests import running_service
from tools.measure.speed.result import Result

_PAGE = 1_000
_DOCUMENTS_PER_PURGE = 5_000
"""The size of one step of a purge."""


def measure(data: Path, gallery: Gallery, *, additions: int) -> list[Result]:
    """Add to a filled group, list it with as many persons as faces, and delete all of it.

    Args:
        data: the service's data directory.
        additions: number of persons to add, with one face each.
    """
    with open_site(data) as site:
        results = _adding(site, gallery, additions)
        persons = _with_as_many_persons(site, gallery, gallery.persons + additions)
    results += _listing(data, gallery, persons)
    with open_site(data) as site:
        return results + _deleting(site, gallery, persons + gallery.faces + additions)


def _adding(site: Site, gallery: Gallery, additions: int) -> list[Result]:
    collection = collection_of(site)
    _, vectors = gallery.probes(additions)
    with open_store(site.data) as store:
        people = People(store.container(PEOPLE))
        persons = [Person(str(uuid.uuid4()), "new person") for _ in vectors]
        started = time.perf_counter()
        for person in persons:
            people.create(collection, person)
        for person, vector in zip(persons, vectors, strict=True):
            face = PersistedFace(
                str(uuid.uuid4()), person.person_id, Embedding(vector, gallery.model)
            )
            people.add_face(collection, face)
        seconds = time.perf_counter() - started
    how = f"{additions} persons created and a face added to each, beside {gallery.faces} faces"
    return [Result("added_documents_per_s", 2 * additions / seconds, "1/s", how)]


def _with_as_many_persons(site: Site, gallery: Gallery, persons: int) -> int:
    """Add persons without faces until there are as many as faces; returns their number."""
    collection = collection_of(site)
    with open_store(site.data) as store:
        People(store.container(PEOPLE)).create_all(
            collection,
            ((Person(str(uuid.uuid4()), "person"), ()) for _ in range(gallery.faces - persons)),
        )
    return max(persons, gallery.faces)


def _listing(data: Path, gallery: Gallery, persons: int) -> list[Result]:
    starts = [f"{number:08x}" for number in np.random.default_rng(3).integers(0, 2**32, 100)]
    with running_service(data) as address:
        client = Client(address)
        path = f"largepersongroups/{KEY.collection_id}/persons?top={_PAGE}"
        timings = [_seconds(partial(client.get, f"{path}&start={start}")) for start in starts]
        client.close()
    how = f"GET a page of {_PAGE} persons anywhere in {persons}, one client, after the first one"
    name = f"list_page_{label(gallery.faces)}"
    return [
        Result(f"{name}_p50_ms", statistics.median(timings[1:]) * 1000, "ms", how),
        Result(f"{name}_p95_ms", float(np.percentile(timings[1:], 95)) * 1000, "ms", how),
        Result(f"{name}_max_ms", max(timings[1:]) * 1000, "ms", how),
    ]


def _deleting(site: Site, gallery: Gallery, documents: int) -> list[Result]:
    """Duration of creating and reading a person in another group, before and during a purge."""
    purges = documents // _DOCUMENTS_PER_PURGE + 1
    collection = collection_of(site)
    begun, done = threading.Event(), threading.Event()
    before = _others(site, begun, until=None)
    begun.clear()
    during: list[float] = []
    other = threading.Thread(target=lambda: during.extend(_others(site, begun, until=done)))
    with closing(site.container()) as container:
        container.enrolment.collections.delete(KEY)
        other.start()
        begun.wait()
        started = time.perf_counter()
        for _ in range(purges):
            container.deletion.purge.run(PurgeMessage.of(collection))
        seconds = time.perf_counter() - started
    done.set()
    other.join()
    how = f"create and read a person of another group while {documents} documents are purged"
    name = f"delete_{label(gallery.faces)}"
    return [
        Result(f"{name}_others_p50_ms", statistics.median(during) * 1000, "ms", how),
        Result(f"{name}_others_p99_ms", float(np.percentile(during, 99)) * 1000, "ms", how),
        Result(f"{name}_others_max_ms", max(during) * 1000, "ms", how),
        Result(
            f"{name}_others_before_p50_ms",
            statistics.median(before) * 1000,
            "ms",
            "the same before the deletion",
        ),
        Result(f"{name}_documents_per_s", documents / seconds, "1/s", f"{purges} purges"),
    ]


def _others(site: Site, begun: threading.Event, *, until: threading.Event | None) -> list[float]:
    """Seconds of the requests to another group: 200 requests, or until the event.

    Args:
        begun: is set when the first request follows.
    """
    other = Collection(LARGE_PERSON_GROUP, "others", "others", "recognition_04", str(uuid.uuid4()))
    timings: list[float] = []
    with open_store(site.data) as store:
        people = People(store.container(PEOPLE))

        def use() -> None:
            person = Person(str(uuid.uuid4()), "other person")
            people.create(other, person)
            people.get(other, person.person_id)

        begun.set()
        while len(timings) < 200 if until is None else not until.is_set():
            timings.append(_seconds(use))
            time.sleep(0.002)
    return timings


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
