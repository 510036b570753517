"""How fast the document store takes faces, lists people, and gets rid of them beside other work."""

from __future__ import annotations

import statistics
import threading
import time
import uuid
from collections.abc import Callable
from functools import partial

import numpy as np

from shared.faces.collections import LARGE_PERSON_GROUP
from shared.faces.values import Collection, Embedding, PersistedFace, Person
from shared.services.messages import PurgeMessage
from shared.storage.names import PEOPLE
from shared.storage.people import People
from tools.benchmarks.gallery_site import KEY, Site, label, open_store
from tools.benchmarks.made_up_gallery import Gallery
from tools.benchmarks.result import Result

_PAGE = 1_000


def measure(site: Site, gallery: Gallery, *, additions: int, purges: int) -> list[Result]:
    """Add to a filled group, list it, and delete it.

    Args:
        additions: how many persons are added, with a face each.
        purges: how many messages of the purge queue are worked off, 5,000 documents each.
    """
    return [
        *_adding(site, gallery, additions),
        *_listing(site, gallery),
        *_deleting(site, gallery, purges),
    ]


def _adding(site: Site, gallery: Gallery, additions: int) -> list[Result]:
    collection = site.root().groups.get(KEY)
    _, vectors = gallery.probes(additions)
    with open_store(site.data) as store:
        people = People(store.container(PEOPLE))
        persons = [Person(str(uuid.uuid4()), "somebody new") for _ in vectors]
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


def _listing(site: Site, gallery: Gallery) -> list[Result]:
    collection = site.root().groups.get(KEY)
    starts = [f"{number:08x}" for number in np.random.default_rng(3).integers(0, 2**32, 40)]
    with open_store(site.data) as store:
        people = People(store.container(PEOPLE))
        timings = [
            _seconds(partial(people.page, collection, start=start, top=_PAGE)) for start in starts
        ]
    how = f"pages of {_PAGE} persons anywhere in {gallery.persons}"
    name = f"list_page_{label(gallery.faces)}"
    return [
        Result(f"{name}_p50_ms", statistics.median(timings) * 1000, "ms", how),
        Result(f"{name}_max_ms", max(timings) * 1000, "ms", how),
    ]


def _deleting(site: Site, gallery: Gallery, purges: int) -> list[Result]:
    """What creating and reading a person in another group takes, before and while one is swept."""
    root = site.root()
    collection = root.groups.get(KEY)
    before = _others(site, until=None)
    root.groups.delete(KEY)
    done = threading.Event()
    during: list[float] = []
    other = threading.Thread(target=lambda: during.extend(_others(site, until=done)))
    other.start()
    started = time.perf_counter()
    for _ in range(purges):
        root.retention.purge(PurgeMessage.of(collection))
    seconds = time.perf_counter() - started
    done.set()
    other.join()
    how = f"create and read a person of another group while {gallery.faces} faces are purged"
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
        Result(f"{name}_documents_per_s", purges * 5_000 / seconds, "1/s", f"{purges} purges"),
    ]


def _others(site: Site, *, until: threading.Event | None) -> list[float]:
    """Seconds that requests of another group take, 200 of them or until the event."""
    other = Collection(LARGE_PERSON_GROUP, "others", "others", "recognition_04", str(uuid.uuid4()))
    timings: list[float] = []
    with open_store(site.data) as store:
        people = People(store.container(PEOPLE))

        def use() -> None:
            person = Person(str(uuid.uuid4()), "somebody else")
            people.create(other, person)
            people.get(other, person.person_id)

        while len(timings) < 200 if until is None else not until.is_set():
            timings.append(_seconds(use))
            time.sleep(0.002)
    return timings


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
