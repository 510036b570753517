"""Unknown faces join the cluster of their person, and of one person there is one cluster."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.errors import DocumentChanged
from shared.domain.face.attributes import Level
from shared.domain.face.unknowns import Cluster, Sighting, UploadVersion
from shared.storage.documents.sqlite.store import SqliteDocumentStore
from shared.storage.records.unknowns import clusters
from tests.doubles.clocks import ManualClock
from tests.unit.services.unknowns.conftest import RETENTION, Instance, seen, vector


def test_faces_of_one_person_join_one_cluster_and_others_found_theirs(instance: Instance) -> None:
    instance.ingest("a.jpg", seen(0), seen(1))
    instance.ingest("b.jpg", seen(0, turned=0.3))
    instance.ingest("c.jpg", seen(2, turned=0.1))
    page = instance.unknowns.page(start="", top=10)
    assert [one.count for one in page.unknowns] == [2, 1, 1]
    first, sightings = instance.unknowns.get(page.unknowns[0].unknown_id)
    assert set(first.uploads) == {one.upload for one in sightings} == {"a.jpg", "b.jpg"}
    assert page.continuation is None


def test_faces_with_candidates_and_later_faces_of_low_quality_are_left_out(
    instance: Instance,
) -> None:
    instance.ingest("a.jpg", seen(0), seen(1), known=(0,))
    instance.ingest("b.jpg", seen(2, quality=Level.LOW))
    assert instance.counts() == [1]
    instance.ingest("c.jpg", seen(1, turned=0.2, quality=Level.LOW))
    assert instance.counts() == [2]


def test_an_upload_that_is_ingested_again_counts_once(instance: Instance, second: Instance) -> None:
    instance.ingest("a.jpg", seen(0))
    instance.ingest("a.jpg", seen(0))
    second.ingest("a.jpg", seen(0))
    assert instance.counts() == [1]


def test_a_face_that_was_known_at_first_is_not_unknown_later(instance: Instance) -> None:
    instance.ingest("a.jpg", seen(0), known=(0,))
    instance.ingest("a.jpg", seen(0))  # its person was deleted, and the event came again
    assert instance.counts() == []


def test_an_old_upload_adds_nobody(instance: Instance, clock: ManualClock) -> None:
    written = clock.now()
    instance.uploads["a.jpg"] = "a.jpg"
    clock.advance(timedelta(days=1))
    instance.faces.note(UploadVersion("a.jpg", written, "a"), [seen(0)], [()])
    assert instance.counts() == []


def test_what_another_instance_created_or_forgot_counts_at_once(
    instance: Instance, second: Instance
) -> None:
    instance.ingest("a.jpg", seen(0))
    second.ingest("b.jpg", seen(0))
    assert instance.counts() == second.counts() == [2]
    second.unknowns.forget(second.only())
    assert instance.counts() == []
    instance.ingest("c.jpg", seen(0))
    assert second.counts() == [1]


def test_a_cluster_that_is_created_in_between_is_joined(
    instance: Instance, second: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = instance.clusters.create

    def create_late(cluster: Cluster, sighting: Sighting, *, head: str) -> None:
        monkeypatch.undo()
        second.ingest("theirs.jpg", seen(0))
        with pytest.raises(DocumentChanged):
            create(cluster, sighting, head=head)
        raise DocumentChanged("head")

    monkeypatch.setattr(instance.clusters, "create", create_late)
    instance.ingest("ours.jpg", seen(0))
    assert instance.counts() == second.counts() == [2]


def test_two_instances_at_once_create_one_cluster_per_person(
    instance: Instance, second: Instance
) -> None:
    gate = threading.Barrier(2)

    def work(one: Instance, name: str) -> None:
        gate.wait()
        for number in range(6):
            person = number % 2
            one.clustering.add(one.sighting(number + 100 * len(name), person, turned=0.1 * number))

    threads = [
        threading.Thread(target=work, args=(one, name))
        for one, name in ((instance, "a"), (second, "bb"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert instance.counts() == second.counts() == [6, 6]


@settings(max_examples=settings().max_examples // 6)
@given(
    order=st.lists(
        st.tuples(st.integers(0, 1), st.integers(0, 3), st.integers(0, 5)), min_size=1, max_size=20
    )
)
def test_however_two_instances_take_turns_a_person_has_one_cluster(
    tmp_path_factory: pytest.TempPathFactory, order: list[tuple[int, int, int]]
) -> None:
    path: Path = tmp_path_factory.mktemp("turns") / "store.sqlite"
    clock = ManualClock()
    store = SqliteDocumentStore(path, clock=clock)
    instances = Instance(store, clock), Instance(store, clock)
    noted: dict[int, set[int]] = {}
    for which, person, number in order:
        one = instances[which]
        one.clustering.add(one.sighting(10 * person + number, person, turned=0.05 * number))
        noted.setdefault(person, set()).add(number)
    wanted = sorted((len(numbers) for numbers in noted.values()), reverse=True)
    assert instances[0].counts() == instances[1].counts() == wanted
    store.close()


def test_the_mean_of_a_cluster_is_that_of_what_is_stored(
    instance: Instance, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "STORED_OF_A_PART", 3)
    for number in range(5):
        instance.ingest(f"{number}.jpg", seen(0, turned=0.1 * number))
        clock.advance(60)
    unknown_id = instance.only()
    shown, sightings = instance.unknowns.get(unknown_id)
    assert shown.count == 5
    assert [one.upload for one in sightings] == ["4.jpg", "3.jpg", "2.jpg"]
    (part,) = instance.unknowns.cluster(unknown_id).parts
    wanted = sum(vector(0, 0.1 * number) for number in (2, 3, 4))
    assert (part.part_id, part.weight) == (unknown_id, 3)
    assert part.total == pytest.approx(wanted, abs=1e-5)


def test_no_cluster_is_created_when_there_are_too_many(instance: Instance) -> None:
    instance.ingest("a.jpg", seen(0))
    instance.clustering._most = 1
    instance.ingest("b.jpg", seen(1), seen(0))
    assert instance.counts() == [2]


def test_a_cluster_expires_when_its_person_is_seen_no_more(
    instance: Instance, clock: ManualClock
) -> None:
    instance.ingest("a.jpg", seen(0))
    clock.advance(RETENTION - timedelta(seconds=1))
    assert instance.counts() == [1]
    clock.advance(1)
    assert instance.counts() == []
    instance.ingest("b.jpg", seen(0))
    assert instance.counts() == [1]
