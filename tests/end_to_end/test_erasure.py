"""A deleted person leaves the files of a training, while the group goes on being searched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.domain.collections import PERSON_GROUP
from shared.gallery.snapshots.mapped import Snapshot
from shared.services.messages import ErasureMessage, encode
from shared.storage.account.azure_blobs import AzureBlobStore
from shared.storage.account.azure_queues import AzureQueueSender
from shared.storage.account.clients import connect_storage
from shared.storage.account.location import StorageConnection
from shared.storage.layout import ERASURE_QUEUE, SNAPSHOTS
from tests.end_to_end.service import RunningService, eventually
from tests.images import portrait


@pytest.fixture
def service(tmp_path: Path) -> Iterator[RunningService]:
    """One of its own: nothing else is deleted there."""
    folder = tmp_path / "service"
    folder.mkdir()
    with RunningService(folder) as running:
        yield running


def test_a_deleted_person_is_erased_from_the_snapshot(
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

    service.ok("DELETE", f"{path}/persons/{persons[0]}")

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
    face_ids = service.faces(portrait("person_b_2").read_bytes())
    (answer,) = service.ok("POST", "identify", {"faceIds": face_ids, "personGroupId": "two"})
    assert [one["personId"] for one in answer["candidates"]] == persons[1:]


def _enrolled(service: RunningService, path: str, name: str) -> str:
    person: str = service.ok("POST", f"{path}/persons", {"name": name})["personId"]
    image = portrait(name).read_bytes()
    service.ok("POST", f"{path}/persons/{person}/persistedfaces", image=image)
    return person
