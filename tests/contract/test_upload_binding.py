"""The blob trigger's type, as Microsoft's worker and the host see it.

What the worker asks of a type is in `azurefunctions.extensions.base`, the package that Microsoft's
own bindings are registered with; these tests ask the same of it.
"""

from __future__ import annotations

import json
import typing
from types import SimpleNamespace

import pytest
from azurefunctions.extensions.base import Datum, get_binding_registry

from functions.blob_binding import UploadedBlob
from local.triggers.blob_functions import ModelBindingData
from tests.indexed import indexed_functions

CONTENT = {"Connection": "AzureWebJobsStorage", "ContainerName": "uploads", "BlobName": "a/b é.jpg"}


def decode(datum: Datum) -> UploadedBlob:
    converter = get_binding_registry().get("blobTrigger")
    blob: UploadedBlob = converter.decode(datum, trigger_metadata={}, pytype=UploadedBlob)
    return blob


def test_the_host_sends_binding_data_instead_of_the_image() -> None:
    (function,) = [one for one in indexed_functions() if one.get_function_name() == "ingest_upload"]
    declared = typing.get_type_hints(function.get_user_function())["upload"]
    assert get_binding_registry().check_supported_type(declared)
    types = {"upload": SimpleNamespace(pytype=declared)}
    bindings, _logs = get_binding_registry().get_raw_bindings(function, types)
    (trigger,) = [json.loads(one) for one in bindings]
    assert trigger["properties"] == {"SupportsDeferredBinding": True}
    assert (trigger["type"], trigger["source"]) == ("blobTrigger", "EventGrid")
    assert trigger["path"] == "uploads/{name}"


def test_binding_data_names_the_blob() -> None:
    blob = decode(Datum(ModelBindingData(json.dumps(CONTENT).encode()), "model_binding_data"))
    assert (blob.container_name, blob.blob_name) == ("uploads", "a/b é.jpg")


def test_content_in_place_of_binding_data_is_refused() -> None:
    with pytest.raises(ValueError, match="binding data"):
        decode(Datum(b"\xff\xd8", "bytes"))


def test_binding_data_without_a_blob_is_refused() -> None:
    with pytest.raises(ValueError, match="BlobName"):
        decode(Datum(ModelBindingData(b'{"ContainerName": "uploads"}'), "model_binding_data"))
