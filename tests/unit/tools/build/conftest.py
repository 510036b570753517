"""The manifest of the models."""

from __future__ import annotations

import pytest

from shared.vision.runtime.manifest import Manifest, load_manifest


@pytest.fixture(scope="session")
def manifest() -> Manifest:
    return load_manifest()
