"""A service with FACE_STORE=cosmos but without an endpoint does not start and says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.service import RunningService


def test_cosmos_without_an_endpoint_is_refused_at_start_in_one_line(tmp_path: Path) -> None:
    service = RunningService(tmp_path, {"FACE_STORE": "cosmos"})
    with pytest.raises(AssertionError) as caught, service:
        pass
    assert service.stop() == 1
    last = str(caught.value).splitlines()[-2:]
    assert last == [
        "The settings are not usable:",
        "COSMOS_ENDPOINT must hold the address of the Cosmos DB account, because FACE_STORE is"
        " cosmos.",
    ]
