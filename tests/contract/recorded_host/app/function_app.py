"""The app that Microsoft's host ran for the recording: its functions return what they were given.

The code is that of the recording, with types.
"""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
LOG = Path(os.environ.get("HOST_APP_LOG", "host-app.log"))
CONNECTION = "AzureWebJobsStorage"


def respond(name: str, req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(
        json.dumps(
            {
                "function": name,
                "method": req.method,
                "url": req.url,
                "route": dict(req.route_params),
                "query": dict(req.params),
                "headers": dict(req.headers),
                "length": len(req.get_body()),
                "body": base64.b64encode(req.get_body()[:64]).decode(),
            },
            sort_keys=True,
        ),
        mimetype="application/json",
    )


def add(
    name: str,
    route: str,
    methods: Sequence[str] = ("GET", "POST"),
    auth: func.AuthLevel = func.AuthLevel.ANONYMOUS,
) -> None:
    def main(req: func.HttpRequest) -> func.HttpResponse:
        return respond(name, req)

    app.function_name(name)(app.route(route=route, methods=list(methods), auth_level=auth)(main))


# The order of the names is the order in which the host tries the routes.
add("b_item", "items/{id}")
add("c_list", "items/list")
add("d_int", "num/{n:int}")
add("d_long", "long/{n:long}")
add("d_bool", "bool/{n:bool}")
add("d_guid", "guid/{g:guid}")
add("d_alpha", "alpha/{s:alpha}")
add("d_length", "length/{s:length(3)}")
add("d_maxlength", "maxlength/{s:maxlength(4)}")
add("d_range", "range/{n:range(1,10)}")
add("d_regex", "regex/{s:regex(^a+$)}")
add("e_optional", "optional/{x?}")
add("f_two", "two/{a}/{b}")
add("f_case", "Mixed/Case/{Name}")
add("g_get", "same", ("GET",))
add("g_post", "same", ("POST",))
add("h_any", "any", ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"))
add("i_rest", "rest/{*tail}")
add("j_hidden_rest", "hidden/{*tail}")
add("k_hidden", "hidden/one")
add("l_function", "keyed/function", auth=func.AuthLevel.FUNCTION)
add("l_admin", "keyed/admin", auth=func.AuthLevel.ADMIN)
add("o_health", "health", ("GET",))
add("root_page", "{root:maxlength(0)?}", ("GET", "HEAD"))

ANSWERS: dict[str, Callable[[], func.HttpResponse]] = {
    "empty": lambda: func.HttpResponse(status_code=202),
    "empty-no-type": lambda: func.HttpResponse(status_code=202, mimetype=""),
    "no-content": lambda: func.HttpResponse(status_code=204),
    "bytes": lambda: func.HttpResponse(b"\x00\x01\xff", mimetype="application/octet-stream"),
    "typed-by-header": lambda: func.HttpResponse(
        "{}", headers={"Content-Type": "application/json"}
    ),
    "headers": lambda: func.HttpResponse(
        "x",
        headers={
            "X-One": "1",
            "X-Empty": "",
            "X-Long": "a" * 5000,
            "Retry-After": "2",
            "Location": "/there",
        },
    ),
    "own-server-header": lambda: func.HttpResponse("x", headers={"Server": "mine", "Date": "mine"}),
    "large": lambda: func.HttpResponse("a" * 3_000_000),
    "unicode": lambda: func.HttpResponse("Zo\u00eb \u738b"),
}


@app.function_name("m_answer")
@app.route(route="answer/{kind}", methods=["GET", "POST", "HEAD"])
def m_answer(req: func.HttpRequest) -> func.HttpResponse:
    kind = req.route_params["kind"]
    if kind.isdigit():
        return func.HttpResponse(f"status {kind}", status_code=int(kind))
    if kind == "raise":
        raise ValueError("deliberate")
    if kind in ANSWERS:
        return ANSWERS[kind]()
    return func.HttpResponse("no such kind", status_code=404)


def note(**what: object) -> None:
    with LOG.open("a") as log:
        log.write(json.dumps(dict(what, at=round(time.time(), 3)), sort_keys=True) + "\n")


@app.function_name("n_queue")
@app.queue_trigger(arg_name="message", queue_name="items", connection=CONNECTION)
def n_queue(message: func.QueueMessage) -> None:
    body = message.get_body()
    note(
        function="n_queue",
        body=base64.b64encode(body).decode(),
        count=message.dequeue_count,
        has_id=bool(message.id),
        has_receipt=bool(message.pop_receipt),
        inserted=message.insertion_time is not None,
        expires=message.expiration_time is not None,
    )
    if body.startswith(b"fail"):
        raise ValueError("deliberate")


@app.function_name("o_blob")
@app.blob_trigger(
    arg_name="blob",
    path="inbox/{name}",
    connection=CONNECTION,
    source=func.BlobSource.EVENT_GRID,
)
def o_blob(blob: func.InputStream) -> None:
    note(
        function="o_blob",
        name=blob.name,
        uri=blob.uri,
        length=blob.length,
        read=len(blob.read()),
        metadata=getattr(blob, "metadata", None),
    )
    if "fail" in (blob.name or ""):
        raise ValueError("deliberate")
