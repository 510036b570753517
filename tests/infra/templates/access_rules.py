"""Rules about roles, networks and audits of every deployment. Each rule yields what is wrong."""

from __future__ import annotations

from collections.abc import Iterator

from tests.infra.infrastructure import Deployment, Infrastructure, members, templates_in
from tools.templates.compiler import Json

SITE = "Microsoft.Web/sites"
STORAGE = "Microsoft.Storage/storageAccounts"
CONTAINER = f"{STORAGE}/blobServices/containers"
COSMOS = "Microsoft.DocumentDB/databaseAccounts"
VAULT = "Microsoft.KeyVault/vaults"
ENDPOINT = "Microsoft.Network/privateEndpoints"
ROLE = "Microsoft.Authorization/roleAssignments"
COSMOS_ROLE = f"{COSMOS}/sqlRoleAssignments"

A_REASON = 40
"""Characters that a role assignment's description has at least."""

RIGHTS = {
    "app": {
        ("storageBlobDataOwner", "storageAccounts"),
        ("storageQueueDataContributor", "storageAccounts"),
        ("storageTableDataContributor", "storageAccounts"),
        ("monitoringMetricsPublisher", "components"),
        ("keyVaultSecretsUser", "vaults"),
        ("cosmosDataContributor", "databaseAccounts"),
    },
    "topic": {("storageBlobDataContributor", "deadletter")},
    "operator": {
        ("storageBlobDataContributor", "uploads"),
        ("storageBlobDataContributor", "results"),
        ("storageBlobDataContributor", "snapshots"),
        ("storageBlobDataContributor", "deadletter"),
        ("storageQueueDataContributor", "storageAccounts"),
        ("keyVaultSecretsOfficer", "vaults"),
        ("cosmosDataContributor", "databaseAccounts"),
    },
}
"""Role and scope, a blob container or a type of resource, of every identity."""


def unexplained_roles(infrastructure: Infrastructure) -> Iterator[str]:
    """Role assignments without a reason, with a role outside the table, and unused roles."""
    names = {guid: name for name, guid in infrastructure.roles.items()}
    used: set[str] = set()
    for deployment in infrastructure.standard:
        for resource in [*deployment.of_type(ROLE), *deployment.of_type(COSMOS_ROLE)]:
            guid = str(resource["properties"]["roleDefinitionId"]).rpartition("/")[2]
            if guid not in names:
                yield f"{deployment.name}: the role {guid} is not in roles.json"
                continue
            used.add(names[guid])
            described = resource["properties"].get("description", "")
            if resource["type"] == ROLE and len(described) < A_REASON:
                yield f"{deployment.name}: {names[guid]} is assigned without a reason"
    yield from (f"no identity has the role {name}" for name in set(infrastructure.roles) - used)
    for template in templates_in(infrastructure.compiled["main"]):
        for resource in members(template["resources"]):
            reason = resource.get("metadata", {}).get("description", "")
            if resource["type"] == COSMOS_ROLE and len(reason) < A_REASON:
                yield "a role in Cosmos DB is assigned without a reason"


def other_rights(infrastructure: Infrastructure) -> Iterator[str]:
    """Identities with other rights than the table's. The operator has none on the package."""
    for deployment in infrastructure.standard:
        found = rights(deployment, infrastructure)
        wanted = {name: RIGHTS[name] for name in ("app", "topic")}
        if deployment.name in ("private", "group"):
            wanted["operator"] = RIGHTS["operator"]
        for principal in {*found, *wanted}:
            difference = found.get(principal, set()) ^ wanted.get(principal, set())
            yield from (f"{deployment.name}: {principal}: {one}" for one in sorted(difference))


def key_based_access(infrastructure: Infrastructure) -> Iterator[str]:
    """Keys, passwords and anonymous access beside Entra identities."""
    expected: dict[tuple[str, str], Json] = {
        (STORAGE, ""): {
            "allowSharedKeyAccess": False,
            "allowBlobPublicAccess": False,
            "minimumTlsVersion": "TLS1_2",
        },
        (COSMOS, ""): {"disableLocalAuth": True, "disableKeyBasedMetadataWriteAccess": True},
        ("Microsoft.Insights/components", ""): {"DisableLocalAuth": True},
        (VAULT, ""): {"enableRbacAuthorization": True},
        (SITE, ""): {"httpsOnly": True},
        (f"{SITE}/basicPublishingCredentialsPolicies", "scm"): {"allow": False},
        (f"{SITE}/basicPublishingCredentialsPolicies", "ftp"): {"allow": False},
    }
    for deployment in infrastructure.standard:
        for (kind, name), wanted in expected.items():
            found = deployment.properties(kind, name)
            for member, value in wanted.items():
                if found.get(member) != value:
                    yield f"{deployment.name}: {kind} {member} must be {value}"
        public = {one["properties"]["publicAccess"] for one in deployment.of_type(CONTAINER)}
        if public != {"None"}:
            yield f"{deployment.name}: a container has public access"


def uncovered_endpoints(infrastructure: Infrastructure) -> Iterator[str]:
    """Private deployments whose services have no endpoint, no DNS zone, or public access."""
    for deployment in infrastructure.standard:
        if not deployment.is_private:
            if deployment.of_type(ENDPOINT):
                yield f"{deployment.name} has endpoints without a network"
            continue
        groups = {
            group
            for endpoint in deployment.of_type(ENDPOINT)
            for connection in endpoint["properties"]["privateLinkServiceConnections"]
            for group in connection["properties"]["groupIds"]
        }
        yield from (
            f"{deployment.name}: {missing} has no private endpoint"
            for missing in {"blob", "queue", "table", "Sql", "vault"} - groups
        )
        zones = len(deployment.of_type(f"{ENDPOINT}/privateDnsZoneGroups"))
        links = len(deployment.of_type("Microsoft.Network/privateDnsZones/virtualNetworkLinks"))
        if not len(deployment.of_type(ENDPOINT)) == zones == links:
            yield f"{deployment.name}: an endpoint has no DNS zone"
        yield from _public_access(deployment)


def other_origins(infrastructure: Infrastructure) -> Iterator[str]:
    """Browser origins other than those of the parameter: none by default."""
    for deployment in infrastructure.standard:
        entra = deployment.name == "entra"
        wanted = ["https://app.example", "https://admin.example"] if entra else []
        found = deployment.properties(SITE)["siteConfig"]["cors"]["allowedOrigins"]
        if found != wanted:
            yield f"{deployment.name} allows the origins {found}"


def implicit_internet_access(infrastructure: Infrastructure) -> Iterator[str]:
    """Subnets whose way to the internet depends on the API version."""
    for deployment in infrastructure.standard:
        if not deployment.is_private:
            continue
        subnets = deployment.properties("Microsoft.Network/virtualNetworks")["subnets"]
        access = {one["name"]: one["properties"].get("defaultOutboundAccess") for one in subnets}
        gateway = bool(deployment.of_type("Microsoft.Network/natGateways"))
        if access != {"app": not gateway, "endpoints": False}:
            yield f"{deployment.name}: the subnets' access is {access}"
        used = [one["name"] for one in subnets if one["properties"].get("natGateway")]
        if used != (["app"] if gateway else []):
            yield f"{deployment.name}: the NAT gateway serves {used}"


def revealing_diagnostics(infrastructure: Infrastructure) -> Iterator[str]:
    """Diagnostic settings other than the two audits: the others hold ids of documents."""
    wanted = {COSMOS: ["ControlPlaneRequests"], VAULT: ["AuditEvent"]}
    for deployment in infrastructure.standard:
        found: dict[str, list[str]] = {}
        for one in deployment.of_type("Microsoft.Insights/diagnosticSettings"):
            kind = "/".join(one["id"].split("/providers/")[1].split("/")[:2])
            found[kind] = [log["category"] for log in one["properties"]["logs"] if log["enabled"]]
            if one["properties"].get("logAnalyticsDestinationType") != "Dedicated":
                yield f"{deployment.name}: {kind} has no table of its own"
        if found != wanted:
            yield f"{deployment.name} records {found}"


def rights(
    deployment: Deployment, infrastructure: Infrastructure
) -> dict[str, set[tuple[str, str]]]:
    """Role and scope of every identity of a deployment, in the words of ``RIGHTS``."""
    names = {guid: name for name, guid in infrastructure.roles.items()}
    found: dict[str, set[tuple[str, str]]] = {}
    for one in [*deployment.of_type(ROLE), *deployment.of_type(COSMOS_ROLE)]:
        guid = str(one["properties"]["roleDefinitionId"]).rpartition("/")[2]
        principal = _principal(str(one["properties"]["principalId"]))
        found.setdefault(principal, set()).add((names.get(guid, guid), _scope(one)))
    return found


def _principal(expression: str) -> str:
    """Whose id it is: a parameter, or an expression that names a resource."""
    if "systemTopics" in expression:
        return "topic"
    return "app" if "userAssignedIdentities" in expression else "operator"


def _scope(assignment: Json) -> str:
    """The container, or the type of resource, that a role is assigned on."""
    identifier = str(assignment["properties"].get("scope") or assignment["id"])
    path = identifier.removeprefix("[extensionResourceId('").partition("'")[0]
    path = path.partition("/providers/Microsoft.Authorization/")[0]
    kind, name = path.split("/")[-2:]
    return name if kind == "containers" else kind


def _public_access(deployment: Deployment) -> Iterator[str]:
    if deployment.properties(STORAGE)["networkAcls"]["defaultAction"] != "Deny":
        yield f"{deployment.name}: storage accepts every network"
    for kind in (COSMOS, VAULT):
        if deployment.properties(kind).get("publicNetworkAccess") != "Disabled":
            yield f"{deployment.name}: {kind} has a public address"
