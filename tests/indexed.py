"""The functions of the app, readable any number of times in one process."""

from __future__ import annotations

from typing import Any

import azure.functions as func

import function_app
from local.triggers.indexing import FunctionIndex, index


def indexed_functions(app: func.FunctionApp = function_app.app) -> list[Any]:
    """All functions. The app alone returns them once; then it reports duplicate names."""
    app.functions_bindings = {}
    functions: list[Any] = list(app.get_functions())
    app.functions_bindings = {}
    return functions


def app_index(app: func.FunctionApp = function_app.app) -> FunctionIndex:
    """The functions as the local host indexes them."""
    app.functions_bindings = {}
    found = index(app)
    app.functions_bindings = {}
    return found
