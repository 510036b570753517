"""Health, and the JSON responses for unknown paths and methods."""

from __future__ import annotations

from collections.abc import Sequence

import azure.functions as func

from functions.http.binding import HttpFunction, read, register, register_catch_all, respond
from shared.api.fallback import fallback, with_version
from shared.api.operations import Operation
from shared.api.versions import Api
from shared.composition.container import root

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


def fallback_blueprint(operations: Sequence[Operation]) -> func.Blueprint:
    """The function ``health`` and a catch-all below the prefix of each API.

    Args:
        operations: all operations, to distinguish a wrong method from a wrong path.
    """
    blueprint = func.Blueprint()

    def answer_health(req: func.HttpRequest) -> func.HttpResponse:
        return respond(root().health.respond())

    register(blueprint, "health", "health", ["GET", "HEAD"], answer_health)
    for api in {operation.api.name: operation.api for operation in operations}.values():
        register_catch_all(blueprint, api.name, METHODS, _answer_rest(api, operations))
    return blueprint


def _answer_rest(api: Api, operations: Sequence[Operation]) -> HttpFunction:
    operation, handler = fallback(api, operations)

    def answer(req: func.HttpRequest) -> func.HttpResponse:
        return respond(root().access.dispatcher.handle(operation, handler, with_version(read(req))))

    return answer
