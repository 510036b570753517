"""The home page and the API description: openapi.json, docs. They need no key."""

from __future__ import annotations

from collections.abc import Sequence

import azure.functions as func

from functions.http.binding import read, register, respond
from shared.api.operations import Operation
from shared.api.reference.reference import Reference
from shared.composition.container import root


def reference_blueprint(operations: Sequence[Operation]) -> func.Blueprint:
    """The functions ``home``, ``openapi`` and ``docs``.

    Args:
        operations: the described operations.
    """
    blueprint = func.Blueprint()
    reference = Reference(
        operations, lambda: root().access.capabilities, lambda: root().settings.console
    )

    def answer_openapi(req: func.HttpRequest) -> func.HttpResponse:
        return respond(reference.json(read(req)))

    def answer_docs(req: func.HttpRequest) -> func.HttpResponse:
        return respond(reference.page(read(req)))

    def answer_home(req: func.HttpRequest) -> func.HttpResponse:
        return respond(reference.home())

    # Microsoft's host serves its own page for an empty route, and this template before it.
    register(blueprint, "home", "{root:maxlength(0)?}", ["GET", "HEAD"], answer_home)
    register(blueprint, "openapi", "openapi.json", ["GET", "HEAD"], answer_openapi)
    register(blueprint, "docs", "docs", ["GET", "HEAD"], answer_docs)
    return blueprint
