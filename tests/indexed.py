"""The functions of the app, for whichever tests ask."""

from __future__ import annotations

from typing import Any

import azure.functions as func

import function_app


def indexed_functions(app: func.FunctionApp = function_app.app) -> list[Any]:
    """All functions, as often as one asks: the app itself answers once and then finds twins."""
    app.functions_bindings = {}
    functions: list[Any] = list(app.get_functions())
    app.functions_bindings = {}
    return functions
