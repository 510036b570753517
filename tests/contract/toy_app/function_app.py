"""A small app with one function of every kind; the contract tests of the host drive it.

Every function writes down what it was given as a blob in the container `journal`.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from uuid import uuid4

import azure.functions as func
from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import BlobServiceClient
from azurefunctions.extensions.bindings.blob import BlobClient

CONNECTION = "AzureWebJobsStorage"
FACE = r"face/{version:regex(^v1\.[0-2](-.+)?$)}"

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


def note(kind: str, **facts: object) -> None:
    with BlobServiceClient.from_connection_string(os.environ[CONNECTION]) as service:
        journal = service.get_container_client("journal")
        with suppress(ResourceExistsError):
            journal.create_container()
        journal.upload_blob(f"{kind}/{time.time_ns()}-{uuid4()}.json", json.dumps(facts))


def answer(name: str, req: func.HttpRequest) -> func.HttpResponse:
    content = {
        "function": name,
        "method": req.method,
        "route": dict(req.route_params),
        "query": dict(req.params),
        "body": req.get_body().decode(),
        "url": req.url,
    }
    return func.HttpResponse(json.dumps(content), mimetype="application/json")


@app.route("health", methods=["GET"])
def health(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("well")


@app.route(FACE + "/Groups/{id}", methods=["GET", "PUT"])
def group(req: func.HttpRequest) -> func.HttpResponse:
    return answer("group", req)


@app.route(FACE + "/groups/train", methods=["GET"])
def literal(req: func.HttpRequest) -> func.HttpResponse:
    return answer("literal", req)


@app.route(FACE + "/groups/{number:int}", methods=["GET"])
def constrained(req: func.HttpRequest) -> func.HttpResponse:
    return answer("constrained", req)


@app.route("face/{*rest}")
async def zz_everything(req: func.HttpRequest) -> func.HttpResponse:
    return answer("zz_everything", req)


@app.route("empty", methods=["DELETE", "PUT"])
def empty(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(status_code=202, mimetype="" if req.method == "PUT" else None)


@app.route("header")
def header(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("x", headers={"X-Value": req.params["value"]})


@app.route("size", methods=["PUT"])
def size(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(str(len(req.get_body())))


@app.route("fail")
def fail(req: func.HttpRequest) -> func.HttpResponse:
    raise RuntimeError("the inside must not show")


@app.route("slow")
def slow(req: func.HttpRequest) -> func.HttpResponse:
    note("slow-began")
    time.sleep(float(req.params["seconds"]))
    return func.HttpResponse("done")


@app.route("with-key", auth_level=func.AuthLevel.FUNCTION)
def with_key(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("in")


@app.route("for-admins", auth_level=func.AuthLevel.ADMIN)
def for_admins(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("in")


@app.blob_trigger("blob", "inbox/{name}", CONNECTION, source=func.BlobSource.EVENT_GRID)
def on_blob(blob: BlobClient) -> None:
    content = blob.download_blob().readall()
    note("blob", name=blob.blob_name, content=content.decode())
    if content == b"fail":
        raise RuntimeError("this blob always fails")


@app.queue_trigger("message", "orders", CONNECTION)
def on_message(message: func.QueueMessage) -> None:
    text = message.get_body().decode()
    note("message", text=text, attempt=message.dequeue_count)
    if text == "fail":
        raise RuntimeError("this message always fails")
    if text.startswith("sleep "):
        time.sleep(float(text.removeprefix("sleep ")))
        note("message-done", text=text)


@app.timer_trigger("timer", "0 0 0 1 1 *", run_on_startup=True)
async def on_timer(timer: func.TimerRequest) -> None:
    note("timer", past_due=timer.past_due)
