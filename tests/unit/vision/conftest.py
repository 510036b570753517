"""The real models, built by `make models`, loaded once for all tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.vision.analyzer import FaceAnalyzer, load_analyzer
from shared.vision.runtime.manifest import Manifest, load_manifest
from tests.images import reference_images


@pytest.fixture(scope="session")
def manifest() -> Manifest:
    return load_manifest()


@pytest.fixture(scope="session")
def analyzer(manifest: Manifest) -> FaceAnalyzer:
    return load_analyzer(manifest=manifest)


@pytest.fixture(scope="session")
def data() -> Path:
    return reference_images()
