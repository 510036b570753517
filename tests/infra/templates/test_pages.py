"""What the pages say about alerts, roles and containers is what is deployed."""

from __future__ import annotations

import re

import pytest

from shared.storage.layout import DOCUMENT_CONTAINERS, vector_container
from tests.infra.infrastructure import Deployment, read_infrastructure
from tests.infra.templates.access_rules import RIGHTS
from tools.templates.compiler import ROOT

ROLES = {
    "Storage Blob Data Owner": "storageBlobDataOwner",
    "Storage Blob Data Contributor": "storageBlobDataContributor",
    "Storage Queue Data Contributor": "storageQueueDataContributor",
    "Storage Table Data Contributor": "storageTableDataContributor",
    "Monitoring Metrics Publisher": "monitoringMetricsPublisher",
    "Key Vault Secrets User": "keyVaultSecretsUser",
    "Key Vault Secrets Officer": "keyVaultSecretsOfficer",
    "Built-in Data Contributor": "cosmosDataContributor",
}
PRINCIPALS = {"the app": "app", "Event Grid": "topic", "the operator, if named": "operator"}
SCOPES = {
    "storage account": "storageAccounts",
    "Application Insights": "components",
    "vault": "vaults",
    "Cosmos DB": "databaseAccounts",
}


def rows(page: str, *heading: str) -> list[list[str]]:
    """The rows of the table of a page that has this heading."""
    text = (ROOT / "docs" / page).read_text("utf-8")
    table = text.partition(f"| {' | '.join(heading)} |\n")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()[1:]]


def alerts(deployment: Deployment) -> dict[str, object]:
    """The threshold of every alert by its name."""
    found: dict[str, object] = {}
    for kind in ("scheduledQueryRules", "metricAlerts"):
        for one in deployment.of_type(f"Microsoft.Insights/{kind}"):
            (criterion,) = one["properties"]["criteria"]["allOf"]
            name = re.sub(r"^alerts-[a-z0-9]+-", "", one["name"])
            found[name] = criterion["threshold"]
    return found


def test_every_alert_is_on_the_page() -> None:
    named = {row[0].strip("`") for row in rows("operate.md", "alert", "meaning", "what to do")}
    for deployment in read_infrastructure().standard:
        assert set(alerts(deployment)) == named


@pytest.mark.parametrize(
    ("deployment", "slow", "throttled", "failed"),
    [("default", 3000, 100, 20), ("group", 5000, 500, 50)],
)
def test_alerts_have_the_limits_of_the_parameters(
    deployment: str, slow: int, throttled: int, failed: int
) -> None:
    assert alerts(read_infrastructure().deployments[deployment]) == {
        "poison-messages": 0,
        "failed-trainings": 0,
        "server-errors": 0,
        "stale-keys": 0,
        "slow-requests": slow,
        "throttled-requests": throttled,
        "cosmos-429": throttled,
        "dead-letters": 0,
        "failed-deliveries": failed,
    }


def test_alerts_go_to_the_mail_address() -> None:
    for deployment in read_infrastructure().standard:
        group = deployment.properties("Microsoft.Insights/actionGroups")
        addresses = [one["emailAddress"] for one in group["emailReceivers"]]
        assert addresses == (["operator@example.com"] if deployment.name == "group" else [])


def test_every_right_is_on_the_page() -> None:
    found: dict[str, set[tuple[str, str]]] = {}
    for who, scope, role, _ in rows("security.md", "who", "on what", "may", "why"):
        scopes = re.findall(r"`(\w+)`", scope) if "container" in scope else [SCOPES[scope]]
        found.setdefault(PRINCIPALS[who], set()).update((ROLES[role], one) for one in scopes)
    assert found == RIGHTS


def test_every_container_of_documents_is_on_the_page() -> None:
    heading = "container", "partition key `/pk`", "time to live", "indexed beside `id` and `/pk`"
    found = {
        row[0].split("`")[1]: re.findall(r"`(\w+)`", row[3]) for row in rows("cosmos.md", *heading)
    }
    vectors = vector_container("model", 128)
    assert found == {
        **{spec.name: list(spec.indexed) for spec in DOCUMENT_CONTAINERS},
        "vectors-<model>": [*vectors.indexed, "vector"],
    }
