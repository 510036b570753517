"""Health, and the JSON answers for paths and methods that are no operation."""

from __future__ import annotations

from collections.abc import Sequence

import azure.functions as func

from functions.http.binding import read, register, register_catch_all, respond
from shared.api.fallback import fallback_operation, with_version
from shared.api.health import health
from shared.api.operations import Operation
from shared.composition.container import root

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


def fallback_blueprint(operations: Sequence[Operation]) -> func.Blueprint:
    """The function ``health`` and the catch-all below ``face``.

    Args:
        operations: all operations, to distinguish a wrong method from a wrong path.
    """
    blueprint = func.Blueprint()
    catch_all = fallback_operation(operations)

    def answer_health(req: func.HttpRequest) -> func.HttpResponse:
        return respond(health(lambda: root().image_analysis.check()))

    def answer_rest(req: func.HttpRequest) -> func.HttpResponse:
        return respond(root().dispatcher.handle(catch_all, with_version(read(req))))

    register(blueprint, "health", "health", ["GET", "HEAD"], answer_health)
    register_catch_all(blueprint, "face", METHODS, answer_rest)
    return blueprint
