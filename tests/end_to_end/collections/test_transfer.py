"""A group is moved to another deployment without images and searched there."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cosmos_server.server import CosmosServer
from tests.end_to_end.conftest import on_cosmos
from tests.end_to_end.service import RunningService
from tests.images import portrait
from tools.operate import export, import_


@pytest.fixture
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """One of its own: everything in it is moved."""
    with RunningService(tmp_path_factory.mktemp("moved")) as running:
        yield running


def test_a_group_that_was_moved_identifies_the_same_persons(
    service: RunningService, tmp_path: Path
) -> None:
    group = uuid.uuid4().hex
    path = f"largepersongroups/{group}"
    service.ok("PUT", path, {"name": "moves", "userData": "with it"})
    person = service.ok("POST", f"{path}/persons", {"name": "A"})["personId"]
    image = portrait("person_a_1").read_bytes()
    service.ok("POST", f"{path}/persons/{person}/persistedfaces", image=image)
    file = str(tmp_path / "people.jsonl.gz")
    with CosmosServer() as server:
        assert export.main([file], {"FACE_DATA_DIR": str(service.data)}) == 0
        assert import_.main([file], on_cosmos(server)) == 0
        with RunningService(tmp_path, on_cosmos(server)) as there:
            moved = there.ok("GET", path)
            assert (moved["name"], moved["userData"]) == ("moves", "with it")
            assert there.train(path)["status"] == "succeeded"
            for portrait_name, expected in (("person_a_2", [person]), ("impostor_1", [])):
                probe = there.faces(portrait(portrait_name).read_bytes())
                body = {"faceIds": probe, "largePersonGroupId": group}
                found = there.ok("POST", "identify", body)[0]["candidates"]
                assert [candidate["personId"] for candidate in found] == expected
