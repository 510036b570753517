"""Shared parts of the image URL tests: names, messages, and the check of a rejection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from shared.domain.errors import InvalidImageUrl
from shared.network.image_urls import ImageUrlFetcher, SystemResolver

REFUSED = "Invalid image URL."
FAILED = "Invalid image URL or error downloading from target server. "
PUBLIC = "93.184.215.14"


class Names:
    """A resolver with a few known names; it resolves numeric hosts as the system does."""

    def __init__(self, known: Mapping[str, Sequence[str]]) -> None:
        self._known = known
        self.asked: list[str] = []
        self.answered: list[str] = []

    def addresses(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        if host in self._known:
            return self._known[host]
        found = SystemResolver().addresses(host, port)
        self.answered += found
        return found


def refusal(fetcher: ImageUrlFetcher, url: str) -> str:
    with pytest.raises(InvalidImageUrl) as caught:
        fetcher.fetch(url)
    assert caught.value.error_code == "InvalidURL"
    return caught.value.message
