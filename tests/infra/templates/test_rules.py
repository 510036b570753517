"""Every rule holds for what is committed, and notices a broken deployment."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from tests.infra.infrastructure import Infrastructure, broken, read_infrastructure
from tests.infra.templates import access_rules, rules

Rule = Callable[[Infrastructure], Iterable[str]]

RULES: list[Rule] = [
    rules.unevaluated_outputs,
    rules.orphans,
    rules.undescribed_parameters,
    rules.mixed_api_versions,
    rules.secrets_in_outputs,
    rules.flex_violations,
    rules.long_retention,
    rules.racing_resources,
    access_rules.unexplained_roles,
    access_rules.other_rights,
    access_rules.key_based_access,
    access_rules.uncovered_endpoints,
    access_rules.other_origins,
    access_rules.implicit_internet_access,
    access_rules.revealing_diagnostics,
]

DEFAULT, PRIVATE, CUSTOM = "deployments/default", "deployments/private", "deployments/custom"
MAIN, MODULES = "compiled/main", "compiled/modules"
OPERATOR = "containers/uploads/providers/Microsoft.Authorization"
OFFICER = "b86a8fe4-44ce-4948-aee5-cecb2c155cd7"

BREAKS: list[tuple[Rule, str, str, str]] = [
    (rules.unevaluated_outputs, DEFAULT, '"lineament"', '"[reference(x).outputs.databaseName]"'),
    (rules.orphans, MODULES, '"vault": "', '"vault": "1'),
    (rules.undescribed_parameters, MAIN, '"description": "An Azure region', '"title": "An Azure'),
    (rules.undescribed_parameters, MAIN, '"minValue": 86400', '"maxValue": 86400'),
    (rules.mixed_api_versions, MAIN, '"Microsoft.Web/sites/config"', '"Microsoft.KeyVault/vaults"'),
    (rules.mixed_api_versions, MAIN, '"2025-10-15"', '"2026-04-01-preview"'),
    (rules.secrets_in_outputs, MAIN, "primaryEndpoints.blob", "listKeys().keys[0]"),
    (
        rules.secrets_in_outputs,
        "compiled/keys",
        '"resources"',
        '"outputs": {"x": {"value": "[parameters(\'faceKeys\')]"}}, "resources"',
    ),
    (rules.flex_violations, DEFAULT, '"FACE_STORE"', '"FUNCTIONS_WORKER_RUNTIME"'),
    (rules.flex_violations, DEFAULT, '"FC1"', '"Y1"'),
    (rules.flex_violations, DEFAULT, '"reserved": true', '"reserved": false'),
    (rules.flex_violations, DEFAULT, '"version": "3.13"', '"version": "3.10"'),
    (rules.flex_violations, DEFAULT, '"minTlsVersion": "1.2"', '"alwaysOn": true'),
    (rules.flex_violations, DEFAULT, '"functionapp,linux"', '"functionapp"'),
    (rules.flex_violations, DEFAULT, '"scaleAndConcurrency"', '"scale"'),
    (rules.long_retention, DEFAULT, '"totalRetentionInDays": 30', '"totalRetentionInDays": 90'),
    (rules.long_retention, DEFAULT, '"immediatePurgeDataOn30Days": true', '"x": true'),
    (rules.long_retention, DEFAULT, "/AppTraces", "/AppEvents"),
    (rules.long_retention, "deployments/group", '"retentionInDays": 60', '"retentionInDays": 30'),
    (rules.racing_resources, MAIN, "'Microsoft.Resources/deployments', 'network')", "'x')"),
    (rules.racing_resources, MAIN, "'Microsoft.Resources/deployments', 'roles')", "'x')"),
    (rules.racing_resources, MAIN, "sqlRoleAssignments', par", "x', par"),
    (rules.racing_resources, MAIN, '"mode": "serial"', '"mode": "parallel"'),
    (
        access_rules.unexplained_roles,
        PRIVATE,
        "The operator reads the callers' keys and rotates them.",
        "Needed.",
    ),
    (access_rules.unexplained_roles, MAIN, "The app reads and writes documents. The role", "The"),
    (access_rules.unexplained_roles, PRIVATE, OFFICER, OFFICER.replace("b", "c")),
    (
        access_rules.unexplained_roles,
        "roles",
        '"keyVaultSecretsUser"',
        '"x": "y", "keyVaultSecretsUser"',
    ),
    (access_rules.other_rights, PRIVATE, OPERATOR, OPERATOR.replace("uploads", "deployment")),
    (
        access_rules.other_rights,
        PRIVATE,
        f"blobServices/default/{OPERATOR}",
        "providers/Microsoft.Authorization",
    ),
    (access_rules.other_rights, DEFAULT, "containers/deadletter", "containers/results"),
    (access_rules.key_based_access, DEFAULT, '"allowSharedKeyAccess": false', '"x": false'),
    (
        access_rules.key_based_access,
        DEFAULT,
        '"disableLocalAuth": true',
        '"disableLocalAuth": false',
    ),
    (access_rules.key_based_access, DEFAULT, '"allow": false', '"allow": true'),
    (access_rules.key_based_access, DEFAULT, '"publicAccess": "None"', '"publicAccess": "Blob"'),
    (access_rules.uncovered_endpoints, PRIVATE, '"queue"\n', '"file"\n'),
    (access_rules.uncovered_endpoints, PRIVATE, "/privateDnsZoneGroups", "/groups"),
    (
        access_rules.uncovered_endpoints,
        PRIVATE,
        '"defaultAction": "Deny"',
        '"defaultAction": "Allow"',
    ),
    (access_rules.uncovered_endpoints, PRIVATE, '"publicNetworkAccess": "Disabled"', '"x": ""'),
    (access_rules.uncovered_endpoints, PRIVATE, "Microsoft.Network/virtualNetworks", "x"),
    (access_rules.other_origins, DEFAULT, '"allowedOrigins": []', '"allowedOrigins": ["*"]'),
    (access_rules.implicit_internet_access, PRIVATE, '"defaultOutboundAccess": true', '"x": 1'),
    (access_rules.implicit_internet_access, CUSTOM, '"natGateway": {', '"x": {'),
    (access_rules.revealing_diagnostics, DEFAULT, '"ControlPlaneRequests"', '"DataPlaneRequests"'),
    (access_rules.revealing_diagnostics, DEFAULT, '"AuditEvent"', '"AzurePolicyEvaluationDetails"'),
    (access_rules.revealing_diagnostics, DEFAULT, '"Dedicated"', '"AzureDiagnostics"'),
]

COMMITTED = read_infrastructure()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_rule_holds(rule: Rule) -> None:
    assert list(rule(COMMITTED)) == []


@pytest.mark.parametrize(("rule", "path", "old", "new"), BREAKS)
def test_a_rule_notices_a_broken_deployment(rule: Rule, path: str, old: str, new: str) -> None:
    assert set(rule(broken(path, old, new))) - set(rule(COMMITTED))


def test_every_rule_is_shown_to_notice() -> None:
    assert {rule for rule, *_ in BREAKS} == set(RULES)
