"""Image fetchers for the tests of the network."""

from __future__ import annotations

import pytest

from shared.network.image_urls import ImageUrlFetcher


@pytest.fixture
def fetcher() -> ImageUrlFetcher:
    """One that may reach the servers of these tests, which are on loopback."""
    return ImageUrlFetcher(allow_private=True, maximum_bytes=100_000, deadline_seconds=20)


@pytest.fixture
def guarded() -> ImageUrlFetcher:
    """One with the default rules."""
    return ImageUrlFetcher(allow_private=False, deadline_seconds=20)
