"""What the blob trigger hands over: which blob was written, and no client for it.

`azurefunctions-extensions-bindings-blob` does the same with a `BlobClient`, for which it imports
azure.identity and azure.storage.blob whenever an instance starts, HTTP instances too: 0.2 s on the
reference machine, for a client that nobody here uses. The worker resolves a function's annotations
when it indexes the app, so that Microsoft's type cannot be supplied later. This one is registered
in the same way, through the base package that all those extensions share.
"""

from __future__ import annotations

from typing import Any

import msgspec
from azurefunctions.extensions.base import Datum, InConverter, SdkType


class _Content(msgspec.Struct, frozen=True):
    """The host's binding data of a blob, as far as we look at it."""

    container_name: str = msgspec.field(name="ContainerName")
    blob_name: str = msgspec.field(name="BlobName")


class UploadedBlob(SdkType):  # type: ignore[misc]  # the package has no annotations
    """Names of a written blob, under the attributes that a `BlobClient` has.

    The base class is how the worker knows that the host must send binding data, not content.
    """

    def __init__(self, container_name: str, blob_name: str) -> None:
        super().__init__()
        self.container_name = container_name
        self.blob_name = blob_name

    def get_sdk_type(self) -> UploadedBlob:
        """Itself: there is nothing to connect."""
        return self


class UploadedBlobConverter(  # type: ignore[call-arg]  # as above
    InConverter,  # type: ignore[misc]
    binding="blob",
    trigger="blobTrigger",
):
    """Makes an UploadedBlob of the host's binding data."""

    @classmethod
    def check_input_type_annotation(cls, pytype: type) -> bool:
        """Whether a parameter of this type is ours to fill."""
        return issubclass(pytype, UploadedBlob)

    @classmethod
    def decode(cls, data: Datum, *, trigger_metadata: object, pytype: Any) -> UploadedBlob:
        """The blob that the host speaks of.

        Raises:
            ValueError: the host sent the content, or binding data that names no blob.
        """
        if data.type != "model_binding_data":
            raise ValueError(f"The host must send binding data of a blob, not {data.type}.")
        content = msgspec.json.decode(data.value.content, type=_Content)
        return UploadedBlob(content.container_name, content.blob_name)
