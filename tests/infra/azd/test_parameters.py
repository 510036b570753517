"""Every parameter of the template can be set through azd, from a workflow too."""

from __future__ import annotations

import re

import pytest
import yaml

from tests.infra.azd.parameters import resolved, variables
from tests.infra.infrastructure import read_infrastructure
from tools.templates.compiler import ROOT

TEMPLATE = read_infrastructure().parameters
REQUIRED = {"environmentName": "AZURE_ENV_NAME", "location": "AZURE_LOCATION"}
NAMED = {"AZURE_ENV_NAME": "x", "AZURE_LOCATION": "westeurope"}


def test_every_parameter_of_the_template_has_a_variable() -> None:
    assert set(variables()) == set(TEMPLATE)
    for name, variable in variables().items():
        words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper()
        assert variable == REQUIRED.get(name, words)


@pytest.mark.parametrize("empty", [False, True], ids=["unset", "empty"])
def test_without_variables_the_template_has_its_defaults(empty: bool) -> None:
    names = set(variables().values()) - set(NAMED)
    environment = NAMED | (dict.fromkeys(names, "") if empty else {})
    for name, value in resolved(TEMPLATE, environment).items():
        if name not in REQUIRED:
            assert value == TEMPLATE[name]["defaultValue"], name


def test_a_variable_reaches_its_parameter_with_its_type() -> None:
    chosen = {"PRIVATE_NETWORKING": "true", "LOG_RETENTION_DAYS": "60", "RATE_LIMIT": "10,20"}
    found = resolved(TEMPLATE, NAMED | chosen)
    assert found["privateNetworking"] is True
    assert found["logRetentionDays"] == 60
    assert found["rateLimit"] == "10,20"


def test_a_variable_of_another_type_stops_azd() -> None:
    with pytest.raises(ValueError, match="logRetentionDays is int"):
        resolved(TEMPLATE, NAMED | {"LOG_RETENTION_DAYS": "a month"})


def test_no_parameter_is_an_object() -> None:
    """azd reads objects and arrays as JSON and stops at an empty text."""
    assert {one["type"] for one in TEMPLATE.values()} == {"string", "int", "bool"}


def test_the_workflow_and_azd_pipeline_know_every_variable() -> None:
    azd = yaml.safe_load((ROOT / "azure.yaml").read_text("utf-8"))
    path = ROOT / ".github" / "workflows" / "azure-dev.yml"
    environment = yaml.safe_load(path.read_text("utf-8"))["jobs"]["deploy"]["env"]
    wanted = set(variables().values())
    assert set(azd["pipeline"]["variables"]) == wanted - set(NAMED)
    passed = {name for name, value in environment.items() if value == f"${{{{ vars.{name} }}}}"}
    assert wanted <= passed


def test_the_page_names_every_variable_with_its_default() -> None:
    page = (ROOT / "docs" / "deploy.md").read_text("utf-8")
    table = page.partition("<!-- variables -->")[2].partition("<!-- /variables -->")[0]
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*)\|", table, re.MULTILINE)
    defaults = {
        variable: _text(TEMPLATE[name].get("defaultValue", ""))
        for name, variable in variables().items()
    }
    assert {name: default.strip() for name, default in rows} == defaults


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
