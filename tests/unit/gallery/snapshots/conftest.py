"""A source of snapshots in a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.gallery.snapshots.shelf import Shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    (tmp_path / "shelf").mkdir()
    return Shelf(tmp_path / "shelf")
