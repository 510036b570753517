"""What the hook before provisioning refuses, against a pretended Azure CLI."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.doubles.azure_cli import AzureCli
from tests.infra.infrastructure import read_infrastructure
from tools.templates.compiler import INFRA

HOOK = [str(INFRA / "hooks" / "protect.sh")]
VALUES = {
    "AZURE_SUBSCRIPTION_ID": "sub",
    "AZURE_ENV_NAME": "x",
    "AZURE_LOCATION": "westeurope",
}
REGIONS = "echo westeurope; echo swedencentral"
STRONG = {
    "PRIVATE_NETWORKING": "true",
    "ENTRA_TENANT_ID": "a-tenant",
    "ENTRA_CALLERS": "a-caller",
    "FACE_CONSOLE": "off",
    "RATE_LIMIT": "10",
    "ALERT_EMAIL": "operator@example.com",
    "COSMOS_AUTOSCALE_MAX_THROUGHPUT": "4000",
}
NOTHING = "echo 'ERROR: (ResourceGroupNotFound) not found' >&2; exit 3"


def tags(deployment: str) -> str:
    """Shell code that answers with the tags of an evaluated deployment."""
    deployed = read_infrastructure().deployments[deployment]
    group = deployed.one("Microsoft.Resources/resourceGroups")
    return f"cat <<'END'\n{json.dumps(group['tags'], indent=2)}\nEND"


@pytest.fixture
def azure(tmp_path: Path) -> AzureCli:
    return AzureCli(tmp_path, {"list-flexconsumption-locations": REGIONS}, VALUES)


def test_a_first_deployment_is_allowed(azure: AzureCli) -> None:
    azure.answers["group show"] = NOTHING
    done = azure.run(HOOK)
    assert done.returncode == 0, done.stderr
    assert "--name rg-x" in azure.calls[-1] and "--subscription sub" in azure.calls[-1]


@pytest.mark.parametrize(
    ("deployment", "variable", "value"),
    [
        ("private", "PRIVATE_NETWORKING", "false"),
        ("private", "PRIVATE_NETWORKING", ""),
        ("private", "COSMOS_AUTOSCALE_MAX_THROUGHPUT", "0"),
        ("private", "COSMOS_AUTOSCALE_MAX_THROUGHPUT", ""),
        ("entra", "ENTRA_TENANT_ID", ""),
        ("entra", "ENTRA_CALLERS", ""),
        ("entra", "RATE_LIMIT", ""),
        ("entra", "COSMOS_AUTOSCALE_MAX_THROUGHPUT", "4000"),
        ("group", "ALERT_EMAIL", ""),
        ("custom", "FACE_CONSOLE", ""),
        ("custom", "FACE_CONSOLE", "on"),
    ],
)
def test_what_weakens_a_deployment_is_refused_by_name(
    azure: AzureCli, deployment: str, variable: str, value: str
) -> None:
    azure.answers["group show"] = tags(deployment)
    autoscale = "4000" if deployment == "private" else "0"
    given = STRONG | {"COSMOS_AUTOSCALE_MAX_THROUGHPUT": autoscale}
    assert azure.run(HOOK, given).returncode == 0

    done = azure.run(HOOK, given | {variable: value})

    assert done.returncode == 1
    assert variable in done.stderr
    assert azure.run(HOOK, given | {variable: value, "ALLOW_WEAKER": "1"}).returncode == 0


def test_a_workflow_without_variables_does_not_reopen_a_private_deployment(azure: AzureCli) -> None:
    azure.answers["group show"] = tags("private")
    done = azure.run(HOOK)
    assert done.returncode == 1
    assert "PRIVATE_NETWORKING" in done.stderr


@pytest.mark.parametrize("deployment", ["default", "custom"])
def test_a_deployment_may_become_stronger(azure: AzureCli, deployment: str) -> None:
    azure.answers["group show"] = tags(deployment)
    stronger = STRONG | {"COSMOS_AUTOSCALE_MAX_THROUGHPUT": "0", "PRIVATE_NETWORKING": "True"}
    assert azure.run(HOOK, stronger).returncode == 0


@pytest.mark.parametrize("answer", ["echo null", 'echo \'{"azd-env-name": "x"}\''])
def test_a_deployment_without_tags_has_to_be_checked(azure: AzureCli, answer: str) -> None:
    azure.answers["group show"] = answer
    done = azure.run(HOOK, STRONG)
    assert done.returncode == 1
    assert "ALLOW_WEAKER=1" in done.stderr
    assert azure.run(HOOK, STRONG | {"ALLOW_WEAKER": "1"}).returncode == 0


def test_nothing_is_deployed_over_what_is_not_known(azure: AzureCli) -> None:
    azure.answers["group show"] = "echo 'ERROR: AuthorizationFailed' >&2; exit 1"
    done = azure.run(HOOK, STRONG | {"ALLOW_WEAKER": "1"})
    assert done.returncode == 1
    assert "AuthorizationFailed" in done.stderr


@pytest.mark.parametrize("location", ["westeurope", "West Europe", "swedencentral"])
def test_a_region_that_has_the_plan_is_allowed(azure: AzureCli, location: str) -> None:
    azure.answers["group show"] = NOTHING
    assert azure.run(HOOK, {"AZURE_LOCATION": location}).returncode == 0


def test_a_region_without_the_plan_is_refused_with_those_that_have_it(azure: AzureCli) -> None:
    done = azure.run(HOOK, {"AZURE_LOCATION": "polandcentral"})
    assert done.returncode == 1
    assert done.stderr.splitlines()[1:] == ["swedencentral", "westeurope"]
    assert len(azure.calls) == 1


@pytest.mark.parametrize("answer", ["exit 1", "exit 0"])
def test_where_regions_cannot_be_asked_for_a_warning_is_enough(
    azure: AzureCli, answer: str
) -> None:
    azure.answers = {"list-flexconsumption-locations": answer, "group show": NOTHING}
    done = azure.run(HOOK, {"AZURE_LOCATION": "polandcentral"})
    assert done.returncode == 0
    assert "Warning" in done.stderr


def test_before_anything_is_chosen_nothing_is_refused(azure: AzureCli) -> None:
    done = azure.run(HOOK, {"AZURE_SUBSCRIPTION_ID": "", "AZURE_LOCATION": ""})
    assert done.returncode == 0
    assert azure.calls == []


def test_the_group_that_is_read_is_the_one_that_is_deployed() -> None:
    for name, deployment in read_infrastructure().deployments.items():
        if name != "subscribe":
            assert deployment.one("Microsoft.Resources/resourceGroups")["name"] == f"rg-{name}"
