"""Runs blob-triggered functions from messages of the internal queue."""

from __future__ import annotations

import json
import typing
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from azurefunctions.extensions.base import Datum, get_binding_registry

from local.triggers.blob_webhook import FUNCTION_PREFIX
from local.triggers.indexing import CONNECTION, BlobTrigger, IndexedFunction
from local.triggers.queue_pump import Delivery


@dataclass(frozen=True, slots=True)
class ModelBindingData:
    """The location of a blob as the Functions host sends it for an SDK-type binding.

    The fields are those of the message `ModelBindingData` of the host's protocol.
    """

    content: bytes
    version: str = "1.0"
    source: str = "AzureStorageBlobs"
    content_type: str = "application/json"


class BlobDispatcher:
    """Passes every message to its function, with the blob as the type that the function declares.

    Args:
        invoke: runs a function with its argument.
        exists: whether a container has a blob.
    """

    def __init__(
        self,
        functions: Iterable[IndexedFunction[BlobTrigger]],
        invoke: Callable[[IndexedFunction[BlobTrigger], object], None],
        exists: Callable[[str, str], bool],
    ) -> None:
        self._functions = {FUNCTION_PREFIX + function.name: function for function in functions}
        self._invoke = invoke
        self._exists = exists

    def handle(self, delivery: Delivery) -> None:
        """Run the function of one message, unless its blob is gone.

        Raises:
            KeyError: the message names a function that the app does not have.
            Exception: any error of the function.
        """
        message = json.loads(delivery.body)
        function = self._functions[message["FunctionId"]]
        container, blob = message["ContainerName"], message["BlobName"]
        if self._exists(container, blob):
            self._invoke(function, blob_argument(function, container, blob))


def blob_argument(function: IndexedFunction[BlobTrigger], container: str, blob: str) -> object:
    """The function's argument, made from binding data by the app's registered converter."""
    content = {"Connection": CONNECTION, "ContainerName": container, "BlobName": blob}
    data = ModelBindingData(json.dumps(content).encode())
    argument: object = (
        get_binding_registry()
        .get("blobTrigger")
        .decode(
            Datum(data, "model_binding_data"),
            trigger_metadata={},
            pytype=typing.get_type_hints(function.code)[function.parameter],
        )
    )
    return argument
