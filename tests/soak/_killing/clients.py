"""The clients of a soak: threads that enrol, train, delete, search and upload until stopped."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from random import Random

import httpx
from azure.core.exceptions import AzureError
from azure.storage.blob import BlobServiceClient

from tests.images import portrait
from tests.soak._killing.ledger import Ledger, LedgerPerson

GROUP = "soak"
PATH = f"largepersongroups/{GROUP}"
PORTRAITS = ("person_a_1", "person_b_1", "impostor_1", "impostor_2")

_TEMPORARY = frozenset({404, 409, 429, 503})
"""Statuses that a client may get at any moment here: not trained, in training, busy, no storage."""

_LATER = frozenset({429, 503})


class Address:
    """Where the service is at the moment; it moves with every restart."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now: tuple[str, str] | None = None
        self._storage: str | None = None

    def set(self, url: str, key: str, storage: str) -> None:
        """The service answers there."""
        with self._lock:
            self._now, self._storage = (url, key), storage

    def end_storage(self) -> None:
        """The storage emulator was killed: one that listens on its ports now is another's."""
        with self._lock:
            self._storage = None

    def get(self) -> tuple[str, str]:
        """Address and key of the latest start."""
        with self._lock:
            if self._now is None:
                raise RuntimeError("The service has not been started.")
            return self._now

    def storage(self) -> str | None:
        """The connection string of the storage emulator; None while there is none."""
        with self._lock:
            return self._storage


class SoakClients:
    """All clients of one run.

    Args:
        seed: of their choices; each thread has its own sequence.
    """

    def __init__(self, address: Address, ledger: Ledger, seed: int) -> None:
        self._address = address
        self._ledger = ledger
        self._stopping = threading.Event()
        steps = (self._enrol, self._enrol, self._delete, self._train, self._search, self._upload)
        self._threads = []
        for number, step in enumerate(steps):
            random = Random(f"{seed}:{number}")  # noqa: S311 - reproducible
            arguments = (step, random)
            self._threads.append(threading.Thread(target=self._repeat, daemon=True, args=arguments))

    def start(self) -> None:
        """Start every client."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop and wait."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _repeat(self, step: Callable[[Random], None], random: Random) -> None:
        while not self._stopping.is_set():
            try:
                step(random)
            except (httpx.TransportError, AzureError):
                self._ledger.count("calls without an answer")
            except Exception as error:  # noqa: BLE001 - reported: a thread must not end unseen
                self._ledger.fault(f"a client failed: {error!r}")
            self._stopping.wait(random.uniform(0.0, 0.2))

    def _call(
        self, method: str, path: str, *, image: bytes | None = None, json: object = None
    ) -> httpx.Response | None:
        """The response to a call that succeeded; None if the service refused it for now."""
        url, key = self._address.get()
        response = httpx.request(
            method,
            f"{url}/face/v1.2/{path}",
            headers={
                "Ocp-Apim-Subscription-Key": key,
                **({} if image is None else {"Content-Type": "application/octet-stream"}),
            },
            content=image,
            json=json,
            timeout=30,
        )
        if response.is_success:
            return response
        self._ledger.count(f"answers {response.status_code}")
        if not _is_expected(response):
            self._ledger.fault(
                f"{method} {path.split('/')[0]} answered {response.status_code}:"
                f" {response.text[:200]!r}"
            )
        return None

    def _enrol(self, random: Random) -> None:
        name = f"SOAK-{uuid.UUID(int=random.getrandbits(128)).hex}"
        self._ledger.ask_person(name)
        response = self._call("POST", f"{PATH}/persons", json={"name": name, "userData": name})
        if response is None:
            return
        person = LedgerPerson(response.json()["personId"], name, random.choice(PORTRAITS))
        self._ledger.created(person)
        for _ in range(random.randint(1, 2)):
            self._ledger.ask_face(person)
            added = self._call(
                "POST",
                f"{PATH}/persons/{person.person_id}/persistedfaces",
                image=portrait(person.portrait).read_bytes(),
            )
            if added is None:
                self._ledger.refused(person)
            else:
                self._ledger.added(person, added.json()["persistedFaceId"])

    def _delete(self, random: Random) -> None:
        person = self._ledger.pick_for_deletion(random)
        if person is not None:
            path = f"{PATH}/persons/{person.person_id}"
            if self._call("DELETE", path) is not None:
                self._ledger.deleted(person)
        self._stopping.wait(random.uniform(0.0, 1.0))

    def _train(self, random: Random) -> None:
        if self._call("POST", f"{PATH}/train") is not None:
            self._ledger.count("trainings")
        self._stopping.wait(random.uniform(0.0, 3.0))

    def _search(self, random: Random) -> None:
        image = portrait(random.choice(PORTRAITS)).read_bytes()
        detected = self._call("POST", "detect", image=image)
        if detected is None:
            return
        faces = [face["faceId"] for face in detected.json()]
        gone = self._ledger.gone()
        found = self._call(
            "POST",
            "identify",
            json={
                "faceIds": faces,
                "largePersonGroupId": GROUP,
                "maxNumOfCandidatesReturned": 100,
            },
        )
        if found is None:
            return
        self._ledger.count("searches")
        for result in found.json():
            back = gone & {candidate["personId"] for candidate in result["candidates"]}
            if back:
                self._ledger.fault(f"a search found {len(back)} deleted persons")

    def _upload(self, random: Random) -> None:
        storage = self._address.storage()
        if storage is None:
            return
        name = f"{uuid.UUID(int=random.getrandbits(128)).hex}.jpg"
        content = portrait(random.choice(PORTRAITS)).read_bytes()
        began = time.monotonic()
        with BlobServiceClient.from_connection_string(
            storage, retry_total=0, connection_timeout=2, read_timeout=10
        ) as blobs:
            answer = blobs.get_blob_client("uploads", name).upload_blob(content)
        self._ledger.uploaded(name, str(answer["etag"]).strip('"'), began)


def _is_expected(response: httpx.Response) -> bool:
    """Whether an error is one that a client may get here: with a body, for now, and until when."""
    try:
        code: str = response.json()["error"]["code"]
    except (ValueError, KeyError):
        return False
    if response.status_code in _LATER and "retry-after" not in response.headers:
        return False
    return response.status_code in _TEMPORARY or code.endswith("NotTrained")
