"""Binding of the blob trigger: passes the blob's name without a client.

`azurefunctions-extensions-bindings-blob` passes a `BlobClient` instead, and imports azure.identity
and azure.storage.blob whenever an instance starts, HTTP instances included: 0.2 s on the reference
machine, for a client that is not used here. The worker resolves a function's annotations when it
indexes the app, so that Microsoft's type cannot be imported later. This type is registered in the
same way, through the base package that those extensions share.
"""

from __future__ import annotations

from typing import Any

import msgspec
from azurefunctions.extensions.base import Datum, InConverter, SdkType


class _Content(msgspec.Struct, frozen=True):
    """The used members of the host's binding data of a blob."""

    container_name: str = msgspec.field(name="ContainerName")
    blob_name: str = msgspec.field(name="BlobName")


class UploadedBlob(SdkType):  # type: ignore[misc]  # the package has no annotations
    """Names of a written blob, with the attributes of a `BlobClient`.

    The base class makes the worker request binding data from the host, not content.
    """

    def __init__(self, container_name: str, blob_name: str) -> None:
        super().__init__()
        self.container_name = container_name
        self.blob_name = blob_name

    def get_sdk_type(self) -> UploadedBlob:
        """Return itself: there is no connection to make."""
        return self


class UploadedBlobConverter(  # type: ignore[call-arg]  # as above
    InConverter,  # type: ignore[misc]
    binding="blob",
    trigger="blobTrigger",
):
    """Converts the host's binding data to an UploadedBlob."""

    @classmethod
    def check_input_type_annotation(cls, pytype: type) -> bool:
        """Whether this converter fills a parameter of this type."""
        return issubclass(pytype, UploadedBlob)

    @classmethod
    def decode(cls, data: Datum, *, trigger_metadata: object, pytype: Any) -> UploadedBlob:
        """The blob that the binding data names.

        Raises:
            ValueError: the host sent the content, or binding data that names no blob.
        """
        if data.type != "model_binding_data":
            raise ValueError(f"The host must send binding data of a blob, not {data.type}.")
        content = msgspec.json.decode(data.value.content, type=_Content)
        return UploadedBlob(content.container_name, content.blob_name)
