"""Reads subjects and their images from a CompreFace recognition service.

The paths are those of CompreFace's REST API: docs/Rest-API-description.md of exadel-inc/CompreFace.
Images can be read only where the server stores them, which is its default.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

import httpx

from lineament.enrolment.sources import Item
from lineament.errors import Refused, Unreachable

_FACES = "/api/v1/recognition/faces"
_SUBJECTS = "/api/v1/recognition/subjects"
_PAGE = 100


class CompreFace:
    """A recognition service of CompreFace.

    Args:
        key: the API key of that service, sent as ``x-api-key``.
        transport: in place of the network, for tests.
    """

    def __init__(
        self, endpoint: str, key: str, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._endpoint = endpoint
        self._http = httpx.Client(
            base_url=endpoint, headers={"x-api-key": key}, timeout=60.0, transport=transport
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def subjects(self) -> list[str]:
        """The names of all subjects.

        Raises:
            Refused, Unreachable: the service rejects the key, or does not answer.
        """
        return [str(name) for name in self._get(_SUBJECTS).json()["subjects"]]

    def items(self) -> list[Item]:
        """The saved images of all subjects; each is downloaded when it is read."""
        return [
            self._item(str(face["subject"]), str(face["image_id"])) for face in self._saved_faces()
        ]

    def _saved_faces(self) -> Iterator[dict[str, Any]]:
        page = 0
        while True:
            answer = self._get(_FACES, page=page, size=_PAGE).json()
            yield from answer["faces"]
            page += 1
            if page >= int(answer["total_pages"]):
                return

    def _item(self, subject: str, image: str) -> Item:
        return Item(subject, image, lambda: self._get(f"{_FACES}/{image}/img").content)

    def _get(self, path: str, **query: int) -> httpx.Response:
        try:
            response = self._http.get(path, params=query)
        except httpx.TransportError as error:
            raise Unreachable(f"CompreFace at {self._endpoint} cannot be reached.") from error
        if response.status_code >= 500:
            raise Unreachable(f"CompreFace answers {path} with {response.status_code}.")
        if not response.is_success:
            reason = f"CompreFace answers {path} with {response.status_code}; is --from-key right?"
            raise Refused(reason, code="CompreFace", status=response.status_code)
        return response
