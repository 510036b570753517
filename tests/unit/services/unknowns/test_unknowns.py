"""Clusters are listed by count, merged, forgotten, and lose what has expired or was deleted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.errors import (
    BadArgument,
    ConcurrentOperation,
    DocumentMissing,
    UnknownNotFound,
)
from shared.domain.face.unknowns import Promotion, UploadVersion
from shared.services.unknowns import unknowns
from shared.services.unknowns.unknowns import PROMOTION_LASTS
from shared.services.unknowns.upkeep import PERIOD, ROUND_LASTS
from shared.storage.records.unknowns.uploads import NotedUpload, NotedUploads
from tests.doubles.clocks import ManualClock
from tests.doubles.identifiers import new_id
from tests.unit.services.unknowns.conftest import RETENTION, Instance, seen, vector

NO_CLUSTER = "99999999-9999-4999-8999-999999999999"


def test_clusters_are_listed_by_count_page_by_page(instance: Instance) -> None:
    for person, times in enumerate((1, 3, 2, 1)):
        for number in range(times):
            instance.ingest(f"{person}-{number}.jpg", seen(person))
    counts, ids, start = [], set(), ""
    while True:
        page = instance.unknowns.page(start=start, top=2)
        counts += [one.count for one in page.unknowns]
        ids |= {one.unknown_id for one in page.unknowns}
        if page.continuation is None:
            break
        start = page.continuation
    assert counts == [3, 2, 1, 1]
    assert len(ids) == 4


@pytest.mark.parametrize(
    "start", ["x", "3", "3.x", "-1." + NO_CLUSTER, "1" * 13 + "." + NO_CLUSTER]
)
def test_a_start_that_is_no_continuation_is_refused(instance: Instance, start: str) -> None:
    with pytest.raises(BadArgument):
        instance.unknowns.page(start=start, top=2)


def test_merged_clusters_are_one_and_faces_of_both_join_it(
    instance: Instance, second: Instance
) -> None:
    instance.ingest("a.jpg", seen(0))
    instance.ingest("b.jpg", seen(1))
    one, other = (shown.unknown_id for shown in instance.unknowns.page(start="", top=2).unknowns)
    second.counts()
    merged = instance.unknowns.merge(one, other.upper())
    assert (merged.unknown_id, merged.count) == (one, 2)
    assert set(merged.uploads) == {"a.jpg", "b.jpg"}
    assert second.counts() == [2]
    with pytest.raises(UnknownNotFound):
        second.unknowns.get(other)
    for person in (0, 1):
        second.ingest(f"more-{person}.jpg", seen(person))
    assert instance.counts() == [4]
    assert len(instance.unknowns.get(one)[1]) == 4
    instance.faces.forget("b.jpg")
    assert instance.counts() == [3]


def test_what_cannot_be_merged_is_refused(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance.ingest("a.jpg", seen(0))
    one = instance.only()
    instance.ingest("b.jpg", seen(1, model="other"))
    other = next(
        shown.unknown_id
        for shown in instance.unknowns.page(start="", top=2).unknowns
        if shown.unknown_id != one
    )
    for pair in ((one, one), (one, other)):
        with pytest.raises(BadArgument):
            instance.unknowns.merge(*pair)
    for pair in ((one, NO_CLUSTER), (NO_CLUSTER, one), ("x", one)):
        with pytest.raises(UnknownNotFound):
            instance.unknowns.merge(*pair)
    monkeypatch.setattr(unknowns, "MOST_PARTS", 1)
    instance.ingest("c.jpg", seen(2))
    another = {shown.unknown_id for shown in instance.unknowns.page(start="", top=3).unknowns}
    with pytest.raises(BadArgument):
        instance.unknowns.merge(one, (another - {one, other}).pop())


def test_a_forgotten_cluster_leaves_no_embedding(instance: Instance, second: Instance) -> None:
    for number in range(3):
        instance.ingest(f"{number}.jpg", seen(0))
    unknown_id = second.only()
    second.unknowns.forget(unknown_id)
    assert instance.documents() == 3  # where the sightings were: ids, so that they stay gone
    for known in (instance, second):
        with pytest.raises(UnknownNotFound):
            known.unknowns.get(unknown_id)
        with pytest.raises(UnknownNotFound):
            known.unknowns.forget(unknown_id)
    instance.ingest("0.jpg", seen(0))
    assert instance.counts() == []


def test_an_erasure_that_broke_is_finished_by_the_timer(
    instance: Instance, second: Instance, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance.ingest("a.jpg", seen(0))
    unknown_id = instance.only()

    def broken(*args: object, **more: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(type(instance.clusters.container), "batch", broken)
    with pytest.raises(ConnectionError):
        instance.unknowns.forget(unknown_id)
    monkeypatch.undo()
    assert instance.counts() == second.counts() == []
    assert instance.documents() > 1
    with monkeypatch.context() as patch:
        patch.setattr(type(instance.clusters.container), "batch", broken)
        with pytest.raises(ConnectionError):
            instance.upkeep.step()
    second.upkeep.step()
    assert instance.documents() > 2, "the other instance may be at it"
    clock.advance(ROUND_LASTS)
    second.upkeep.step()
    # The place of the sighting and the note of the round are left.
    assert instance.documents() == 2


def test_an_erasure_that_broke_is_finished_by_the_next_call(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance.ingest("a.jpg", seen(0))
    unknown_id = instance.only()

    def broken(*args: object, **more: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(type(instance.clusters.container), "batch", broken)
        with pytest.raises(ConnectionError):
            instance.unknowns.forget(unknown_id)
    with pytest.raises(UnknownNotFound):
        instance.unknowns.forget(unknown_id)
    assert instance.documents() == 1, "the place of the sighting is left"


def test_an_upload_s_faces_leave_their_cluster_with_it(instance: Instance) -> None:
    instance.ingest("a.jpg", seen(0))
    instance.ingest("b.jpg", seen(0, turned=0.2))
    instance.faces.forget("a.jpg")
    (part,) = instance.unknowns.cluster(instance.only()).parts
    assert part.total == pytest.approx(vector(0, 0.2), abs=1e-6)
    assert instance.unknowns.page(start="", top=1).unknowns[0].uploads == ("b.jpg",)
    instance.faces.forget("b.jpg")
    assert instance.counts() == []
    assert instance.documents() == 0
    instance.faces.forget("b.jpg")


def test_the_faces_of_an_upload_that_is_deleted_meanwhile_are_not_kept(
    instance: Instance, clock: ManualClock
) -> None:
    instance.faces.note(UploadVersion("gone.jpg", clock.now(), "gone"), [seen(0)], [()])
    assert instance.counts() == []
    assert instance.documents() == 0


def test_what_has_expired_leaves_a_cluster_whose_person_keeps_turning_up(
    instance: Instance, clock: ManualClock
) -> None:
    for number in range(4):
        instance.ingest(f"{number}.jpg", seen(0, turned=0.1 * number))
        clock.advance(timedelta(days=3))
    oldest = clock.now() - RETENTION
    shown, sightings = instance.unknowns.get(instance.only())
    assert [one.upload for one in sightings] == ["3.jpg", "2.jpg"]
    assert (shown.count, shown.uploads) == (2, ("3.jpg", "2.jpg"))
    assert shown.first_seen >= oldest
    instance.upkeep.step()
    cluster = instance.unknowns.cluster(instance.only())
    (part,) = cluster.parts
    assert part.total == pytest.approx(vector(0, 0.2) + vector(0, 0.3), abs=1e-6)
    assert part.weight == sum(cluster.days.values()) == 2
    assert [one.name for one in cluster.uploads] == ["3.jpg", "2.jpg"]


def test_one_instance_does_the_upkeep_of_a_period(
    instance: Instance, second: Instance, clock: ManualClock
) -> None:
    instance.ingest("a.jpg", seen(0))
    clock.advance(timedelta(days=6))
    instance.ingest("b.jpg", seen(0))
    instance.upkeep.step()
    clock.advance(timedelta(days=3))
    second.upkeep.step()
    assert instance.unknowns.cluster(instance.only()).parts[0].weight == 1
    before = instance.unknowns.cluster(instance.only()).etag
    clock.advance(PERIOD - timedelta(seconds=1))
    instance.upkeep.step()
    assert instance.unknowns.cluster(instance.only()).etag == before


def test_a_place_that_does_not_exist_cannot_be_forgotten(instance: Instance) -> None:
    with pytest.raises(DocumentMissing):
        instance.clusters.forget_place("model", NO_CLUSTER)


def test_a_cluster_that_is_being_promoted_is_neither_forgotten_nor_merged(
    instance: Instance, clock: ManualClock
) -> None:
    instance.ingest("a.jpg", seen(0))
    instance.ingest("b.jpg", seen(1))
    one, other = (shown.unknown_id for shown in instance.unknowns.page(start="", top=2).unknowns)
    begun = replace(instance.unknowns.cluster(one), promotion=Promotion(new_id(), clock.now()))
    instance.clusters.write(begun)
    with pytest.raises(ConcurrentOperation):
        instance.unknowns.forget(one)
    for pair in ((one, other), (other, one)):
        with pytest.raises(ConcurrentOperation):
            instance.unknowns.merge(*pair)
    clock.advance(PROMOTION_LASTS)
    instance.unknowns.forget(one)
    assert instance.only() == other


def test_an_upload_that_is_deleted_while_its_faces_are_noted_leaves_none(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = NotedUploads.note

    def overtaken(uploads: NotedUploads, name: str, noted: NotedUpload) -> NotedUpload:
        found = note(uploads, name, noted)
        instance.uploads.pop(name)
        instance.faces.forget(name)
        return found

    monkeypatch.setattr(NotedUploads, "note", overtaken)
    instance.ingest("a.jpg", seen(0))
    assert instance.counts() == []
