"""Replaces Event Grid: posts an event to the blob webhook for every blob that is written.

Event, address and key are those that Event Grid uses, posted over HTTP. The access log of the
host's own Azurite reports written blobs within milliseconds. Other storage is listed, at an
interval that grows with the time a listing takes. Uploads made while no host runs cause no event;
the app's reconcile timer finds them.
"""

from __future__ import annotations

import http.client
import json
import logging
import queue
import ssl
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.blob import BlobProperties, BlobServiceClient

from local.triggers.background import give_way_to_requests
from local.triggers.blob_webhook import FUNCTION_PREFIX, WEBHOOK_PATH
from local.triggers.indexing import BlobTrigger, IndexedFunction

_LOGGER = logging.getLogger("lineament.host")

_ATTEMPTS = 5
_SHORTEST_INTERVAL = 1.0
_LISTING_SHARE = 5
"""The pause between two listings, as a multiple of the time of one."""

_CLOCK_DIFFERENCE = timedelta(minutes=1)
"""Greatest difference of the storage account's clock; a superfluous event does no harm."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """The target of events: the host's own address, and the key of the blob extension."""

    url: str
    key: str
    tls: ssl.SSLContext | None = None


class EventPublisher:
    """Posts BlobCreated events for the blobs of one container, from a thread of its own.

    Args:
        functions: the functions whose path is in the container; each is its own subscription.
    """

    def __init__(
        self,
        service: BlobServiceClient,
        container: str,
        functions: Iterable[IndexedFunction[BlobTrigger]],
        webhook: Webhook,
    ) -> None:
        self._container = service.get_container_client(container)
        self._account = service.account_name or ""
        self._functions = tuple(functions)
        self._webhook = webhook
        self._blobs: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._publish_all, name="events", daemon=True)

    @property
    def container(self) -> str:
        """The container's name."""
        return str(self._container.container_name)

    def start(self) -> None:
        """Start to post."""
        self._thread.start()

    def stop(self) -> None:
        """Post no more; `join` waits for the running post."""
        self._stopping.set()
        self._blobs.put(None)

    def join(self, timeout: float) -> bool:
        """Wait for the end after `stop`, at most that many seconds; whether it has come."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def written(self, blob: str) -> None:
        """Note that a blob was written; returns at once."""
        self._blobs.put(blob)

    def _publish_all(self) -> None:
        give_way_to_requests()
        while (blob := self._blobs.get()) is not None and not self._stopping.is_set():
            # A stream of appended blocks is one event where they come faster than events go.
            blobs = dict.fromkeys([blob, *self._waiting()])
            for one in blobs:
                for function in self._functions:
                    if self._stopping.is_set():
                        return
                    if function.trigger.matches(one):
                        self._publish(function.name, one)

    def _waiting(self) -> list[str]:
        """The blobs that were written meanwhile, up to the end of the queue or its stop."""
        waiting: list[str] = []
        while True:
            try:
                blob = self._blobs.get_nowait()
            except queue.Empty:
                return waiting
            if blob is None:
                self._blobs.put(None)
                return waiting
            waiting.append(blob)

    def _publish(self, function: str, blob: str) -> None:
        for attempt in range(_ATTEMPTS):
            try:
                properties = self._container.get_blob_client(blob).get_blob_properties()
                if self._post(function, self._event(properties)):
                    return
            except ResourceNotFoundError:
                return
            except (AzureError, OSError, http.client.HTTPException) as error:
                _LOGGER.warning("event not delivered: %s", type(error).__name__)
            if self._stopping.wait(0.2 * 2**attempt):
                return
        _LOGGER.error("event not delivered", extra={"function": function})

    def _event(self, properties: BlobProperties) -> dict[str, object]:
        """Event Grid's schema of Microsoft.Storage.BlobCreated."""
        return {
            "topic": f"/subscriptions/local/storageAccounts/{self._account}",
            "subject": f"/blobServices/default/containers/{self.container}/blobs/{properties.name}",
            "eventType": "Microsoft.Storage.BlobCreated",
            "eventTime": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            "id": str(uuid4()),
            "data": {
                "api": "PutBlob",
                "clientRequestId": str(uuid4()),
                "requestId": str(uuid4()),
                "eTag": str(properties.etag).strip('"'),
                "contentType": properties.content_settings.content_type,
                "contentLength": properties.size,
                "blobType": str(getattr(properties.blob_type, "value", properties.blob_type)),
                "url": self._container.get_blob_client(properties.name or "").url,
                "sequencer": f"{time.time_ns():032x}",
                "storageDiagnostics": {"batchId": str(uuid4())},
            },
            "dataVersion": "",
            "metadataVersion": "1",
        }

    def _post(self, function: str, event: dict[str, object]) -> bool:
        address = urlsplit(self._webhook.url)
        query = urlencode({"functionName": FUNCTION_PREFIX + function, "code": self._webhook.key})
        connection = (
            http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
            if self._webhook.tls is None
            else http.client.HTTPSConnection(
                address.hostname or "", address.port, timeout=10, context=self._webhook.tls
            )
        )
        try:
            connection.request(
                "POST",
                f"{WEBHOOK_PATH}?{query}",
                json.dumps([event]),
                {"content-type": "application/json", "aeg-event-type": "Notification"},
            )
            return 200 <= connection.getresponse().status < 300
        finally:
            connection.close()


class ListingWatch:
    """Finds written blobs by listing the container repeatedly, in storage without an access log.

    The first listing reports blobs written since one minute before the start, not older ones.
    """

    def __init__(self, service: BlobServiceClient, publisher: EventPublisher) -> None:
        self._container = service.get_container_client(publisher.container)
        self._publisher = publisher
        self._since = datetime.now(UTC) - _CLOCK_DIFFERENCE
        self._known: dict[str, str] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="listing", daemon=True)

    def start(self) -> None:
        """Start to list."""
        self._thread.start()

    def stop(self) -> None:
        """List no more; `join` waits for the running listing."""
        self._stopping.set()

    def join(self, timeout: float) -> bool:
        """Wait for the end after `stop`, at most that many seconds; whether it has come."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _watch(self) -> None:
        give_way_to_requests()
        while True:
            started = time.monotonic()
            try:
                self._list()
            except AzureError as error:
                _LOGGER.warning("listing failed: %s", type(error).__name__)
            took = time.monotonic() - started
            if self._stopping.wait(max(_SHORTEST_INTERVAL, _LISTING_SHARE * took)):
                return

    def _list(self) -> None:
        current: dict[str, str] = {}
        for blob in self._container.list_blobs():
            name = str(blob.name)
            current[name] = str(blob.etag)
            if self._known is None:
                written = blob.last_modified is not None and blob.last_modified >= self._since
            else:
                written = self._known.get(name) != current[name]
            if written:
                self._publisher.written(name)
        self._known = current
