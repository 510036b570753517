"""What the local host reads from an app, and what it refuses to run."""

from __future__ import annotations

import azure.functions as func
import pytest

from local.triggers.indexing import BlobTrigger, HttpTrigger, TimerTrigger, index
from shared.domain.errors import ConfigurationError


def new_app() -> func.FunctionApp:
    return func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


def test_functions_are_found_by_trigger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWEEP_SCHEDULE", "0 */5 * * * *")
    app = new_app()

    @app.route("a/{b}/", methods=["GET"])
    def read(req: func.HttpRequest) -> func.HttpResponse:
        return func.HttpResponse("")

    @app.timer_trigger("timer", "%SWEEP_SCHEDULE%", use_monitor=False)
    async def sweep(timer: func.TimerRequest) -> None: ...

    found = index(app)
    assert found.names == ["read", "sweep"]
    assert found.http[0].trigger == HttpTrigger("a/{b}", frozenset({"GET"}), "anonymous")
    assert not found.http[0].is_coroutine
    assert found.timers[0].trigger == TimerTrigger("0 */5 * * * *", False, False)
    assert found.timers[0].is_coroutine


def test_a_blob_trigger_that_scans_is_refused() -> None:
    app = new_app()

    @app.blob_trigger("blob", "inbox/{name}", "AzureWebJobsStorage")
    def scan(blob: func.InputStream) -> None: ...

    with pytest.raises(ConfigurationError, match="scan"):
        index(app)


def test_another_storage_connection_is_refused() -> None:
    app = new_app()

    @app.queue_trigger("message", "orders", "OtherStorage")
    def work(message: func.QueueMessage) -> None: ...

    with pytest.raises(ConfigurationError, match="AzureWebJobsStorage only"):
        index(app)


def test_an_output_binding_is_refused() -> None:
    app = new_app()

    @app.route("a")
    @app.queue_output("out", "orders", "AzureWebJobsStorage")
    def send(req: func.HttpRequest, out: func.Out[str]) -> func.HttpResponse:
        return func.HttpResponse("")

    with pytest.raises(ConfigurationError, match="send"):
        index(app)


def test_a_route_parameter_as_an_argument_is_refused() -> None:
    app = new_app()

    @app.route("a/{id}")
    def read(req: func.HttpRequest, id: str) -> func.HttpResponse:
        return func.HttpResponse(id)

    with pytest.raises(ConfigurationError, match="read must take exactly"):
        index(app)


@pytest.mark.parametrize(
    ("path", "blob", "matches"),
    [
        ("inbox/{name}", "a/b.jpg", True),
        ("inbox", "a", True),
        ("inbox/{name}.jpg", "a.jpg", True),
        ("inbox/{name}.jpg", "a.png", False),
        ("inbox/new/{name}", "old/a", False),
    ],
)
def test_a_blob_path_describes_names(path: str, blob: str, matches: bool) -> None:
    trigger = BlobTrigger(path)
    assert trigger.container == "inbox"
    assert trigger.matches(blob) is matches
