"""Reads infra/main.parameters.json as azd does.

azd substitutes with github.com/drone/envsubst, where ``${NAME=default}`` gives the default for an
empty variable too, drops an empty value of an unset variable, and converts text to the type
of the template's parameter (cli/azd/pkg/infra/provisioning/bicep/bicep_provider.go, loadParameters
and armParameterFileValue).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from tools.templates.compiler import INFRA, Json

PARAMETERS = INFRA / "main.parameters.json"

_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?:=(?P<default>[^}]*))?\}")
_TRUE, _FALSE = {"1", "t", "T", "TRUE", "true", "True"}, {"0", "f", "F", "FALSE", "false", "False"}


def given() -> dict[str, str]:
    """The value of every parameter in the file, with its variable."""
    parameters = json.loads(PARAMETERS.read_text("utf-8"))["parameters"]
    return {name: one["value"] for name, one in parameters.items()}


def variables() -> dict[str, str]:
    """The variable of every parameter."""
    return {name: _match(value)["name"] for name, value in given().items()}


def resolved(template: Mapping[str, Json], environment: Mapping[str, str]) -> dict[str, object]:
    """The parameters that azd passes to Azure; the others have the template's defaults.

    Args:
        template: the parameters of the compiled template.

    Raises:
        ValueError: azd would stop: a value does not have the parameter's type.
    """
    found: dict[str, object] = {}
    for name, value in given().items():
        match = _match(value)
        text = environment.get(match["name"], "") or match["default"] or ""
        if text or match["name"] in environment:
            found[name] = _converted(name, template[name]["type"], text)
    return found


def _match(value: str) -> re.Match[str]:
    match = _VARIABLE.fullmatch(value)
    if match is None:
        raise ValueError(f"{value} is no single variable")
    return match


def _converted(name: str, kind: str, text: str) -> object:
    if kind == "string":
        return text
    if kind == "int" and re.fullmatch(r"-?\d+", text):
        return int(text)
    if kind == "bool" and text in _TRUE | _FALSE:
        return text in _TRUE
    raise ValueError(f"{name} is {kind}, and {text!r} is not")
