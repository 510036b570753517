"""Image fetchers for the network tests."""

from __future__ import annotations

import pytest

from shared.network.image_urls import ImageUrlFetcher


@pytest.fixture
def fetcher() -> ImageUrlFetcher:
    """A fetcher that may connect to the tests' servers, which are on loopback."""
    return ImageUrlFetcher(allow_private=True, maximum_bytes=100_000, deadline_seconds=20)


@pytest.fixture
def guarded() -> ImageUrlFetcher:
    """A fetcher with the default rules."""
    return ImageUrlFetcher(allow_private=False, deadline_seconds=20)
