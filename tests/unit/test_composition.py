"""The container builds each object when it is first needed, and only once."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from shared.composition.container import Container
from shared.composition.platform.locked_cached_property import locked_cached_property
from shared.domain.errors import InvalidSettings


class Part:
    """Counts how often its member is built."""

    def __init__(self) -> None:
        self.built = 0

    @locked_cached_property
    def member(self) -> object:
        """A member that takes a while."""
        time.sleep(0.02)
        self.built += 1
        return object()


def test_threads_that_come_at_once_share_one_object() -> None:
    part, found = Part(), set[int]()
    threads = [threading.Thread(target=lambda: found.add(id(part.member))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (part.built, len(found)) == (1, 1)


def test_a_container_of_wrong_settings_is_built_and_says_so_on_use() -> None:
    container = Container({})
    with pytest.raises(InvalidSettings):
        container.storage.store  # noqa: B018 - reading it builds it


def test_parts_share_what_they_use(tmp_path: Path) -> None:
    environment = {
        "FACE_KEYS": "key",
        "FACE_DATA_DIR": str(tmp_path),
        "AzureWebJobsStorage": "UseDevelopmentStorage=true",
    }
    container = Container(environment)
    assert not (tmp_path / "lineament.sqlite").exists()
    records = container.storage.collections
    assert container.storage.collections is records
    assert (tmp_path / "lineament.sqlite").exists()
    container.close()


def test_parts_are_composed_and_not_inherited() -> None:
    parts = list(vars(Container({})).values())
    assert len(parts) == 11
    assert all(type(part).__mro__ == (type(part), object) for part in parts)
