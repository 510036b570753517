"""Many different images of few faces, dropped into `uploads`, and what must become of them."""

from __future__ import annotations

import io
import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import PIL.Image
from azure.storage.blob import BlobServiceClient

from tests.end_to_end.service import RunningService
from tests.images import portrait

_PORTRAITS = ("person_a_1", "person_a_2", "person_b_1", "person_b_2")
_FACES_PER_PERSON = 10
_WRITERS = 8
_WIDTH = 160
_LONGEST = 24 * 3600.0
_PAUSE = 0.05
_LISTED_PER_SECOND = 1_000
"""Faces are counted so seldom that the counting is no load."""


class Drop:
    """Uploads of ten images a person, each with bytes of its own.

    Attributes:
        expected: the name of each person to the number of its faces.
    """

    def __init__(self, number: int) -> None:
        self.group = f"largepersongroups/{uuid.uuid4().hex}"
        self._images = [_small(portrait(name)) for name in _PORTRAITS]
        self._number = number
        self.expected = Counter(_person(index) for index in range(number))

    def write(self, service: RunningService) -> None:
        """Write all blobs, several at a time; every tenth is written a second time."""
        with (
            BlobServiceClient.from_connection_string(service.storage) as account,
            ThreadPoolExecutor(_WRITERS) as pool,
        ):
            container = account.get_container_client("uploads")

            def upload(index: int) -> None:
                name = f"enroll/{self.group}/{_person(index)}/{index}.jpg"
                for _ in range(2 if index % 10 == 0 else 1):
                    container.upload_blob(name, self._image(index), overwrite=True)

            list(pool.map(upload, range(self._number)))

    def _image(self, index: int) -> bytes:
        """A JPEG that differs from all others after its end, where decoders do not read."""
        return self._images[index % len(self._images)] + index.to_bytes(4, "big")


def _small(path: Path) -> bytes:
    """An image reduced to the width at which its face is still found, as a JPEG."""
    with PIL.Image.open(path) as image:
        image.thumbnail((_WIDTH, _WIDTH))
        file = io.BytesIO()
        image.convert("RGB").save(file, "JPEG", quality=90)
    return file.getvalue()


def _person(index: int) -> str:
    return f"person {index // _FACES_PER_PERSON}"


def people_of(service: RunningService, group: str) -> Counter[str]:
    """The name of each person to the number of its faces; two of one name count as ``twice``."""
    found: Counter[str] = Counter()
    start = ""
    while page := service.ok("GET", f"{group}/persons", start=start, top="1000"):
        for person in page:
            name = f"{person['name']} twice" if person["name"] in found else person["name"]
            found[name] = len(person["persistedFaceIds"])
        start = page[-1]["personId"]
    return found


def measured(
    service: RunningService, path: str, enough: Callable[[list[float]], bool]
) -> list[float]:
    """The times of a cheap request, in seconds, until there are enough."""
    times: list[float] = []
    while not enough(times):
        started = time.perf_counter()
        service.ok("GET", path)
        times.append(time.perf_counter() - started)
        time.sleep(_PAUSE)
    return times


def wait_until_enrolled(service: RunningService, drop: Drop) -> list[float]:
    """The times of cheap requests until every face is enrolled."""
    deadline = time.monotonic() + _LONGEST
    pause = max(1.0, drop.expected.total() / _LISTED_PER_SECOND)
    looked = [time.monotonic()]

    def finished(times: list[float]) -> bool:
        if time.monotonic() - looked[0] < pause:
            return False
        looked[0] = time.monotonic()
        faces = people_of(service, drop.group).total()
        return faces >= drop.expected.total() or looked[0] > deadline

    return measured(service, drop.group, finished)
