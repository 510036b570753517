"""What must hold in every deployment, whatever the code says. Each rule yields what is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from tests.infra.infrastructure import Infrastructure, last_segment, members, templates_in
from tools.templates.artifacts import template_hash

SITE = "Microsoft.Web/sites"
COSMOS_ROLE = "Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments"
WORKSPACE = "Microsoft.OperationalInsights/workspaces"

FORBIDDEN_ON_FLEX = {
    "ENABLE_ORYX_BUILD",
    "FUNCTIONS_EXTENSION_VERSION",
    "FUNCTIONS_WORKER_PROCESS_COUNT",
    "FUNCTIONS_WORKER_RUNTIME",
    "FUNCTIONS_WORKER_RUNTIME_VERSION",
    "SCM_DO_BUILD_DURING_DEPLOYMENT",
    "WEBSITE_CONTENTAZUREFILECONNECTIONSTRING",
    "WEBSITE_CONTENTSHARE",
    "WEBSITE_RUN_FROM_PACKAGE",
}
"""App settings that Flex Consumption has in functionAppConfig instead, or not at all."""

SECRET_WORDS = ("connectionstring", "password", "secret", "sas", "listkeys")

TELEMETRY_TABLES = 11


def unevaluated_outputs(infrastructure: Infrastructure) -> Iterator[str]:
    """Outputs of modules that the compiler could not evaluate: a name was not given."""
    for deployment in infrastructure.deployments.values():
        text = json.dumps([*deployment.resources, deployment.outputs])
        yield from (f"{deployment.name}: {found}" for found in re.findall(r"\.outputs\.\w+", text))


def orphans(infrastructure: Infrastructure) -> Iterator[str]:
    """Modules that main.bicep does not use."""
    used = {template_hash(one) for one in templates_in(infrastructure.compiled["main"])}
    for name, its_hash in infrastructure.compiled["modules"].items():
        if its_hash not in used:
            yield f"app/{name}.bicep is not used"


def undescribed_parameters(infrastructure: Infrastructure) -> Iterator[str]:
    """Parameters of main.bicep without a description, and numbers without a lower bound."""
    for name, one in infrastructure.parameters.items():
        if not one.get("metadata", {}).get("description"):
            yield f"{name} has no description"
        if one["type"] == "int" and "minValue" not in one and "allowedValues" not in one:
            yield f"{name} has no lower bound"


def mixed_api_versions(infrastructure: Infrastructure) -> Iterator[str]:
    """Types that are deployed or referenced in two versions; previews without a reason."""
    versions: dict[str, set[str]] = {}
    for root in infrastructure.compiled.values():
        if "resources" in root:
            for template in templates_in(root):
                for resource in members(template["resources"]):
                    versions.setdefault(resource["type"], set()).add(resource["apiVersion"])
    for kind, found in versions.items():
        if len(found) > 1:
            yield f"{kind} has the versions {sorted(found)}"
        if (
            any("preview" in one for one in found)
            and kind != "Microsoft.Insights/diagnosticSettings"
        ):
            yield f"{kind} is a preview"


def secrets_in_outputs(infrastructure: Infrastructure) -> Iterator[str]:
    """Outputs that could carry a secret: deployments keep outputs for every reader."""
    for root in infrastructure.compiled.values():
        if "resources" not in root:
            continue
        for template in templates_in(root):
            secure = {
                name
                for name, one in template.get("parameters", {}).items()
                if one["type"].lower().startswith("secure")
            }
            for name, output in template.get("outputs", {}).items():
                text = str(output["value"]).lower()
                named = any(f"parameters('{one.lower()}')" in text for one in secure)
                if named or any(word in text for word in SECRET_WORDS):
                    yield f"output {name} may carry a secret"


def flex_violations(infrastructure: Infrastructure) -> Iterator[str]:
    """What Flex Consumption does not take."""
    for deployment in infrastructure.standard:
        for name in set(deployment.settings) & FORBIDDEN_ON_FLEX:
            yield f"the setting {name} is not for Flex"
        plan = deployment.one("Microsoft.Web/serverfarms")
        site = deployment.one(SITE)
        if plan["sku"] != {"name": "FC1", "tier": "FlexConsumption"}:
            yield "the plan is not Flex Consumption"
        if plan["properties"].get("reserved") is not True:
            yield "the plan is not for Linux"
        if site["kind"] != "functionapp,linux":
            yield "the app is no function app on Linux"
        configuration = site["properties"].get("functionAppConfig", {})
        if set(configuration) != {"deployment", "runtime", "scaleAndConcurrency"}:
            yield "functionAppConfig is not complete"
        if configuration.get("runtime") != {"name": "python", "version": "3.13"}:
            yield "the runtime is not Python 3.13"
        for name in {"alwaysOn", "linuxFxVersion", "appSettings"} & set(
            site["properties"]["siteConfig"]
        ):
            yield f"siteConfig.{name} is not for Flex"


def long_retention(infrastructure: Infrastructure) -> Iterator[str]:
    """Telemetry that is kept longer than the parameter says."""
    for deployment in infrastructure.standard:
        workspace = deployment.properties(WORKSPACE)
        days = workspace["retentionInDays"]
        if days != (60 if deployment.name == "group" else 30):
            yield f"{deployment.name} keeps logs for {days} days"
        if workspace["features"].get("immediatePurgeDataOn30Days") is not (days == 30):
            yield f"{deployment.name} purges at another time"
        tables = deployment.of_type(f"{WORKSPACE}/tables")
        if len({last_segment(one) for one in tables}) != TELEMETRY_TABLES:
            yield f"{deployment.name} sets the retention of {len(tables)} tables"
        for table in tables:
            if set(table["properties"].values()) != {days}:
                yield f"{deployment.name}: {table['name']} is kept for {table['properties']}"


def racing_resources(infrastructure: Infrastructure) -> Iterator[str]:
    """Changes of one account that are not ordered one after another."""
    main = infrastructure.compiled["main"]
    modules = {one["name"]: one for one in members(main["resources"])}
    if not any("'network'" in one for one in modules["roles"]["dependsOn"]):
        yield "roles do not wait for the private endpoints"
    if not any("'roles'" in one for one in modules["api"]["dependsOn"]):
        yield "the app does not wait for its roles"
    roles = members(modules["roles"]["properties"]["template"]["resources"])
    operator = [one for one in roles if one["type"] == COSMOS_ROLE and "condition" in one]
    for one in operator:
        waits = [text for text in one.get("dependsOn", []) if "sqlRoleAssignments" in text]
        if not any("appPrincipalId" in text for text in waits):
            yield "the operator's role in Cosmos DB does not wait for the app's"
    monitoring = members(modules["monitoring"]["properties"]["template"]["resources"])
    for table in (one for one in monitoring if one["type"] == f"{WORKSPACE}/tables"):
        if (table["copy"].get("mode"), table["copy"].get("batchSize")) != ("serial", 1):
            yield "tables of a workspace are changed concurrently"
