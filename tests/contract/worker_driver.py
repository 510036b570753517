"""Runs an app inside Microsoft's worker code; needs Python 3.13 and azure-functions-runtime 1.3.0.

    python worker_driver.py <app folder>

Every line of standard input is a request `{"function", "data", "metadata"}`; data is one typed
value of the host's protocol, as `{"json": "…"}`. The first line of standard output has the raw
bindings of all indexed functions, every further one answers a request.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
import sys
from types import SimpleNamespace
from typing import Any

import azure_functions_runtime as worker  # type: ignore[import-not-found] # only on Python 3.13


class Message(SimpleNamespace):
    """Replaces any protobuf message: it has the fields that it is given."""

    def WhichOneof(self, _group: str) -> str:  # noqa: N802 - protobuf's name
        return "data" if hasattr(self, "data") else next(iter(vars(self)))


class Protos:
    """Replaces the protobuf module: its two enumerations, and messages of any name."""

    BindingInfo = type("BindingInfo", (Message,), {"undefined": 0, "out": 1, "inout": 2})
    StatusResult = type("StatusResult", (Message,), {"Failure": 0, "Success": 1})

    def __getattr__(self, _name: str) -> type[Message]:
        return Message


def envelope(**request: Any) -> Message:
    return Message(request=Message(**request), properties={"host": "::1", "protos": Protos()})


def typed(value: dict[str, Any]) -> Message:
    ((kind, content),) = value.items()
    if kind == "bytes":
        content = base64.b64decode(content)
    elif kind == "http":
        content = Message(**{**content, "body": typed(content["body"])})
    elif kind == "model_binding_data":
        content = Message(**{**content, "content": content["content"].encode()})
    return Message(**{kind: content})


async def invoke(function: Any, request: dict[str, Any]) -> dict[str, Any]:
    bindings = [json.loads(raw) for raw in function.raw_bindings]
    trigger = next(b["name"] for b in bindings if b["type"].endswith("Trigger"))
    invocation = Message(
        invocation_id="1",
        function_id=function.function_id,
        input_data=[Message(name=trigger, data=typed(request["data"]))],
        trigger_metadata={name: typed(value) for name, value in request["metadata"].items()},
        trace_context=Message(trace_parent="", trace_state="", attributes={}),
        retry_context=Message(retry_count=0, max_retry_count=0, exception=None),
    )
    response = await worker.invocation_request(envelope(invocation_request=invocation))
    if response.result.status == 0:
        return {"error": response.result.exception.message}
    if response.return_value is None:
        return {}
    http = response.return_value.http
    return {"status": int(http.status_code), "body": base64.b64encode(http.body.bytes).decode()}


async def main(folder: str) -> None:
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what the worker prints is no answer
    # As Microsoft's worker does before it loads an app; its handler sends the lines to the host.
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(name)s: %(message)s")
    sys.path.insert(0, folder)
    init = Message(capabilities={}, function_app_directory=folder)
    started = await worker.worker_init_request(envelope(worker_init_request=init))
    if started.result.status == 0:
        raise SystemExit(started.result.exception.message)
    metadata = await worker.functions_metadata_request(envelope())
    functions = {function.name: function for function in metadata.function_metadata_results}
    answers.write(json.dumps({n: f.raw_bindings for n, f in functions.items()}) + "\n")
    for line in sys.stdin:
        request = json.loads(line)
        answers.write(json.dumps(await invoke(functions[request["function"]], request)) + "\n")


asyncio.run(main(sys.argv[1]))
