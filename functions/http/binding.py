"""Registers the operations of `shared.api` as HTTP functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import azure.functions as func

from shared.api.bodies.wire import Wire
from shared.api.call import Handler
from shared.api.http import Request, Response
from shared.api.operations import Form, Operation
from shared.api.parameters import Parameter
from shared.api.versions import FACE, Api
from shared.composition.container import root
from shared.domain.collections import CollectionKind
from shared.domain.errors import NotFound

HEAD_CHECK = "check_head"
"""Attribute of an HTTP function: takes a request without its body, and returns the response that
the head alone deserves, or None. The one-machine host calls it before it reads a body; Microsoft's
host reads every body first."""


class Routes:
    """The operations of one resource, each a function of one blueprint.

    Args:
        api: the API that they belong to.

    Attributes:
        blueprint: registered by function_app.py.
        operations: the declared operations, in order.
    """

    def __init__(self, api: Api = FACE) -> None:
        self._api = api
        self.blueprint = func.Blueprint()
        self.operations: list[Operation] = []

    def operation(
        self,
        method: str,
        path: str,
        *,
        summary: str,
        kinds: Sequence[CollectionKind] = (),
        query: Sequence[Parameter[Any]] = (),
        body: type[Wire] | None = None,
        takes_image: bool = False,
        takes_bytes: bool = False,
        creates: bool = False,
        lines: Any = None,
        answers: Any = None,
        success: int = 200,
        named_in_body: Sequence[type[NotFound]] = (),
        form: Form | None = None,
        versions: frozenset[str] | None = None,
        holds_images: bool = False,
        produces: Sequence[str] = (),
        name: str | None = None,
    ) -> Callable[[Handler], Handler]:
        """Declare a handler's operation; see ``Operation`` for the members.

        Args:
            path: below the API's prefix; ``{collection}`` in it becomes segment and id of each
                kind, ``{collections}`` the segment alone.
            kinds: one operation is registered for each.
            name: where the handler's own name would not be unique.
        """

        def declare(handler: Handler) -> Handler:
            for kind in kinds or (None,):
                self._add(
                    Operation(
                        name=name or _name(handler, kind),
                        method=method,
                        path=_path(path, kind),
                        summary=summary,
                        query=tuple(query),
                        body=body,
                        takes_image=takes_image,
                        takes_bytes=takes_bytes,
                        creates=creates,
                        lines=lines,
                        answers=answers,
                        success=success,
                        kind=kind,
                        named_in_body=tuple(named_in_body),
                        form=form,
                        versions=versions,
                        api=self._api,
                        holds_images=holds_images,
                        produces=tuple(produces),
                    ),
                    handler,
                )
            return handler

        return declare

    def _add(self, operation: Operation, handler: Handler) -> None:
        def main(req: func.HttpRequest) -> func.HttpResponse:
            return respond(root().access.dispatcher.handle(operation, handler, read(req)))

        def check_head(req: func.HttpRequest) -> func.HttpResponse | None:
            found = root().access.dispatcher.reject_head(operation, read(req))
            return None if found is None else respond(found)

        vars(main)[HEAD_CHECK] = check_head
        register(self.blueprint, operation.name, operation.route, [operation.method], main)
        self.operations.append(operation)


HttpFunction = Callable[[func.HttpRequest], func.HttpResponse]


def register(
    blueprint: func.Blueprint, name: str, route: str, methods: Sequence[str], main: HttpFunction
) -> None:
    """Add an HTTP function to a blueprint. Its level is anonymous: `shared.api` checks the keys.

    Args:
        main: responds from the head alone, unless it has a `HEAD_CHECK` of its own.
    """
    vars(main).setdefault(HEAD_CHECK, main)
    routed = blueprint.route(
        route=route,
        methods=list(methods),
        auth_level=func.AuthLevel.ANONYMOUS,
        trigger_arg_name="req",
    )
    routed(blueprint.function_name(name)(main))


def register_catch_all(
    blueprint: func.Blueprint, prefix: str, methods: Sequence[str], main: HttpFunction
) -> None:
    """Add the function that answers every path below a prefix that no other function answers.

    Args:
        prefix: literal segments, as in ``face`` or ``lineament/v1``; empty for the root.
    """
    route = f"{prefix}/{{*rest}}" if prefix else "{*rest}"
    register(blueprint, catch_all_name(prefix), route, methods, main)


def catch_all_name(prefix: str) -> str:
    """The name of the function that catches all paths below a prefix, as in ``zz_face__rest``.

    Microsoft's host tries routes in the order of their functions' names (ordinal, in upper case)
    and takes the first that matches, whatever is more specific (azure-functions-host issues 3153
    and 9876). ``zz_`` sorts after every other function. ``_`` sorts after letters and digits, so
    that the catch-all of a longer prefix comes before that of a shorter one.

    Raises:
        ValueError: a segment contains characters other than ASCII letters and digits.
    """
    segments = [segment for segment in prefix.split("/") if segment]
    if not all(segment.isascii() and segment.isalnum() for segment in segments):
        raise ValueError(f"{prefix!r} is not a prefix of letters and digits")
    return "zz_" + "".join(f"{segment}_" for segment in segments) + "_rest"


def read(request: func.HttpRequest) -> Request:
    """Convert the request from Azure Functions' type."""
    return Request(
        method=request.method.upper(),
        url=request.url,
        headers={name.lower(): text for name, text in request.headers.items()},
        query=dict(request.params),
        route=dict(request.route_params),
        body=request.get_body(),
    )


def respond(response: Response) -> func.HttpResponse:
    """Convert the response to Azure Functions' type."""
    return func.HttpResponse(
        body=response.body,
        status_code=response.status,
        headers=dict(response.headers),
        # Without it the host gives an empty response the type text/plain.
        mimetype=None if response.body else "",
    )


def _name(handler: Handler, kind: CollectionKind | None) -> str:
    return handler.__name__ if kind is None else f"{kind.segment}_{handler.__name__}"


def _path(path: str, kind: CollectionKind | None) -> str:
    if kind is None:
        return path
    path = path.replace("{collections}", kind.segment)
    return path.replace("{collection}", f"{kind.segment}/{{{kind.id_name}}}")
