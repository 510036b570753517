"""The webhook to which Event Grid posts blob events, and the internal queue behind it.

As in the Functions host: `POST /runtime/webhooks/blobs?functionName=Host.Functions.<name>&code=…`
answers the subscription handshakes and turns every event about a blob into a message on an internal
queue, whatever the event's type: the subscription must filter. A pump processes that queue. There
are no receipts and the ETag is not compared: an event may come twice, late, or after the blob
changed or was deleted.

The host answers 202 to events for a function that the app does not have, and loses them. So does
this one, with an error in the log.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from local.triggers.indexing import BlobTrigger, IndexedFunction

WEBHOOK_PATH = "/runtime/webhooks/blobs"
INTERNAL_QUEUE = "azure-webjobs-blobtrigger-local"
POISON_QUEUE = "webjobs-blobtrigger-poison"
FUNCTION_PREFIX = "Host.Functions."

_LOGGER = logging.getLogger("lineament.host")

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
        """Answer one delivery of Event Grid's or CloudEvents' schema, in a list or not.

        Returns:
            200 to the handshake, 500 to what is not JSON or no event, else 202.
        """
        try:
            content = json.loads(body)
        except (ValueError, RecursionError):
            return WebhookAnswer(500)
        events = content if isinstance(content, list) else [content]
        if not all(isinstance(event, dict) for event in events):
            return WebhookAnswer(500)
        for event in events:
            data = event.get("data")
            facts = data if isinstance(data, dict) else {}
            if event.get("eventType") == _VALIDATION:
                return WebhookAnswer(200, {"validationResponse": str(facts.get("validationCode"))})
            self._accept(function_name, str(event.get("subject")), facts)
        return WebhookAnswer(202)

    def _accept(self, function_name: str, subject: str, data: Mapping[str, object]) -> None:
        function = self._functions.get(function_name)
        if function is None:
            _LOGGER.error("event lost: unknown function", extra={"function": function_name})
            return
        container, _, blob = subject.removeprefix(_SUBJECT).partition("/blobs/")
        if container != function.trigger.container or not function.trigger.matches(blob):
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
