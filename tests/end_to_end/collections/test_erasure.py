"""A deleted person leaves the files of a training and results, while the group is searched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.domain.collections import PERSON_GROUP
from shared.gallery.snapshots.mapped import Snapshot
from shared.services.messages import ErasureMessage, encode
from shared.storage.account.azure_blobs import AzureBlobStore
from shared.storage.account.azure_queues import AzureQueueSender
from shared.storage.account.clients import connect_storage
from shared.storage.account.location import StorageConnection
from shared.storage.layout import ERASURE_QUEUE, RESULTS, SNAPSHOTS
from tests.end_to_end.service import RunningService, eventually
from tests.images import portrait


@pytest.fixture
def service(tmp_path: Path) -> Iterator[RunningService]:
    """One of its own: nothing else is deleted there."""
    folder = tmp_path / "service"
    folder.mkdir()
    with RunningService(folder) as running:
        yield running


def test_a_deleted_person_is_erased_from_the_snapshot_and_from_results(
    service: RunningService, tmp_path: Path
) -> None:
    path = "persongroups/two"
    storage = connect_storage(StorageConnection(service.storage))
    blobs = AzureBlobStore(storage.blobs)
    service.ok("PUT", path, {"name": "two"})
    persons = [_enrolled(service, path, name) for name in ("person_a_1", "person_b_1")]
    service.train(path)
    (trained,) = (blob.name for blob in blobs.listing(SNAPSHOTS))
    assert blobs.download(SNAPSHOTS, trained, tmp_path / "trained")
    before = Snapshot.open(tmp_path / "trained", verify=True)
    assert {before.person_id(number) for number in range(2)} == set(persons)

    upload = {"image": portrait("person_a_2").read_bytes(), "personGroupId": "two", "names": "true"}
    service.own("PUT", "uploads/visitor.jpg", **upload)
    (named,) = eventually(lambda: _candidates(service))
    assert (named["personId"], named["name"]) == (persons[0], "person_a_1")

    service.ok("DELETE", f"{path}/persons/{persons[0]}")
    owed = service.own("GET", f"deletions/{persons[0]}", collection=path)["owed"]
    assert [one["what"] for one in owed] == ["documents", "snapshot", "results"]

    # The timer sends this message within five minutes.
    message = ErasureMessage(PERSON_GROUP.name, "two", trained.partition("/")[0])
    AzureQueueSender(storage.queues).send(ERASURE_QUEUE, encode(message))

    def rewritten() -> str | None:
        names = [blob.name for blob in blobs.listing(SNAPSHOTS)]
        return names[0] if len(names) == 1 and names != [trained] else None

    assert blobs.download(SNAPSHOTS, eventually(rewritten), tmp_path / "rewritten")
    after = Snapshot.open(tmp_path / "rewritten", verify=True)
    assert [after.person_id(number) for number in range(after.index.persons)] == persons[1:]
    assert after.index.faces == 1
    content = blobs.read(RESULTS, "visitor.jpg.json") or b""
    assert persons[0].encode() not in content
    assert b"person_a_1" not in content
    assert _candidates(service) == []
    face_ids = service.faces(portrait("person_b_2").read_bytes())
    (answer,) = service.ok("POST", "identify", {"faceIds": face_ids, "personGroupId": "two"})
    assert [one["personId"] for one in answer["candidates"]] == persons[1:]


def _candidates(service: RunningService) -> list[dict[str, Any]] | None:
    """The candidates in the upload's result; None while it is pending."""
    found = service.own("GET", "uploads/visitor.jpg")
    if found["status"] == "pending":
        return None
    candidates: list[dict[str, Any]] = found["result"]["faces"][0]["candidates"]
    return candidates


def _enrolled(service: RunningService, path: str, name: str) -> str:
    person: str = service.ok("POST", f"{path}/persons", {"name": name})["personId"]
    image = portrait(name).read_bytes()
    service.ok("POST", f"{path}/persons/{person}/persistedfaces", image=image)
    return person
