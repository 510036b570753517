"""The webhook to which Event Grid posts blob events, and the internal queue behind it.

As in the Functions host: `POST /runtime/webhooks/blobs?functionName=Host.Functions.<name>&code=…`
answers the subscription handshake and turns every `Microsoft.Storage.BlobCreated` event into a
message on an internal queue. A pump takes it from there. There are no receipts and the ETag is not
compared: an event may come twice, late, or after the blob has changed or gone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from local.triggers.indexing import BlobTrigger, IndexedFunction

WEBHOOK_PATH = "/runtime/webhooks/blobs"
INTERNAL_QUEUE = "azure-webjobs-blobtrigger-local"
POISON_QUEUE = "webjobs-blobtrigger-poison"
FUNCTION_PREFIX = "Host.Functions."

_CREATED = "Microsoft.Storage.BlobCreated"
_VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent"
_SUBJECT = "/blobServices/default/containers/"


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """Status and JSON content of the webhook's answer."""

    status: int
    content: Mapping[str, str] | None = None


class BlobWebhook:
    """Turns posted events into messages.

    Args:
        functions: the blob-triggered functions.
        enqueue: puts a text on the internal queue; raises where storage does not take it.
    """

    def __init__(
        self,
        functions: Iterable[IndexedFunction[BlobTrigger]],
        enqueue: Callable[[str], None],
    ) -> None:
        self._functions = {FUNCTION_PREFIX + function.name: function for function in functions}
        self._enqueue = enqueue

    def handle(self, function_name: str, body: bytes) -> WebhookAnswer:
        """Answer one delivery: 200 to the handshake, 202 to events, 400 or 404 otherwise."""
        function = self._functions.get(function_name)
        if function is None:
            return WebhookAnswer(404)
        try:
            events = json.loads(body)
        except ValueError:
            return WebhookAnswer(400)
        if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
            return WebhookAnswer(400)
        for event in events:
            data = event.get("data")
            if not isinstance(data, dict):
                return WebhookAnswer(400)
            if event.get("eventType") == _VALIDATION:
                return WebhookAnswer(200, {"validationResponse": str(data.get("validationCode"))})
            if event.get("eventType") == _CREATED:
                self._accept(function_name, function.trigger, str(event.get("subject")), data)
        return WebhookAnswer(202)

    def _accept(
        self, function_name: str, trigger: BlobTrigger, subject: str, data: Mapping[str, object]
    ) -> None:
        container, _, blob = subject.removeprefix(_SUBJECT).partition("/blobs/")
        if container != trigger.container or not trigger.matches(blob):
            return
        message = {
            "Type": "BlobTrigger",
            "FunctionId": function_name,
            "BlobType": str(data.get("blobType", "BlockBlob")),
            "ContainerName": container,
            "BlobName": blob,
            "ETag": str(data.get("eTag", "")),
        }
        self._enqueue(json.dumps(message))
