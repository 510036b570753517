"""The console at /console."""

from __future__ import annotations

import azure.functions as func

from functions.http.binding import read, register_catch_all, respond
from shared.api.console.pages import PREFIX, Console
from shared.composition.container import root


def console_blueprint() -> func.Blueprint:
    """The function that answers every path below ``console``."""
    blueprint = func.Blueprint()
    console = Console(lambda: root().settings.console)

    def answer_console(req: func.HttpRequest) -> func.HttpResponse:
        return respond(console.respond(read(req)))

    register_catch_all(blueprint, PREFIX, ["GET", "HEAD"], answer_console)
    return blueprint
