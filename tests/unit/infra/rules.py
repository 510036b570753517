"""What must hold in every template, whatever the code says. Each rule answers what is wrong."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping

from tests.unit.infra.bicep import INFRA, Json, Template, Templates
from tests.unit.infra.symbols import FUNCTIONS, declared, member_paths, references

MAIN = "main.bicep"
FUNCTION = "app/function.bicep"

API_VERSIONS: Mapping[str, str] = json.loads((INFRA / "api-versions.json").read_text("utf-8"))
ROLES: Mapping[str, str] = json.loads((INFRA / "roles.json").read_text("utf-8"))

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
"""Settings that Flex Consumption has in functionAppConfig instead, or not at all."""

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_SECRET_WORDS = ("connectionstring", "password", "secret", "sas")


def unresolved_symbols(templates: Templates) -> Iterator[str]:
    """Names that nothing declares, functions that Bicep does not have."""
    for template in templates.values():
        known = declared(template)
        for reference in references(template):
            if reference.name not in (FUNCTIONS if reference.called else known):
                yield f"{template.path}: {reference.name} is not declared"


def unused_declarations(templates: Templates) -> Iterator[str]:
    """Parameters and variables that nobody reads."""
    for template in templates.values():
        used = {reference.name for reference in references(template)}
        for name in {*template.part("parameters"), *template.part("variables")} - used:
            yield f"{template.path}: {name} is never used"


def module_mismatches(templates: Templates) -> Iterator[str]:
    """Calls of modules that do not fit the module's file: parameters, outputs, or the file."""
    for caller in templates.values():
        for symbol, module in caller.part("modules").items():
            folder = posixpath.dirname(caller.path)
            path = posixpath.join(folder, module["detail"]["path"])
            if path not in templates:
                yield f"{caller.path}: {symbol}: there is no {path}"
                continue
            yield from _parameters(caller, symbol, templates[path])
            outputs = set(templates[path].part("outputs"))
            for used in member_paths(caller):
                if used[:2] == (symbol, "outputs") and used[2] not in outputs:
                    yield f"{caller.path}: {path} has no output {used[2]}"


def orphans(templates: Templates) -> Iterator[str]:
    """Files below app/ that no template uses."""
    used = {
        posixpath.join(posixpath.dirname(caller.path), module["detail"]["path"])
        for caller in templates.values()
        for module in caller.part("modules").values()
    }
    yield from (f"{path} is not used" for path in templates if "/" in path and path not in used)


def wrong_api_versions(templates: Templates) -> Iterator[str]:
    """Resources whose version is not that of the table, and lines of the table without a use."""
    used: set[str] = set()
    for template in templates.values():
        for symbol, resource in template.part("resources").items():
            kind, version = resource["type"], resource["api_version"]
            used.add(kind)
            if API_VERSIONS.get(kind) != version:
                yield f"{template.path}: {symbol} is {kind}@{version}"
        for token in template.tokens:
            dated = re.fullmatch(r"\d{4}-\d\d-\d\d(-preview)?", token.text)
            if dated and token.text not in API_VERSIONS.values():
                yield f"{template.path}: {token.text} is no version of the table"
    yield from (f"{kind} of the table is not used" for kind in API_VERSIONS.keys() - used)


def secrets_in_outputs(templates: Templates) -> Iterator[str]:
    """Outputs that could carry a secret: deployments keep outputs for everybody to read."""
    for template in templates.values():
        tainted = _secret_names(template)
        for name, text in _definitions(template, "output"):
            words = set(re.findall(r"\w+", text))
            if (
                words & tainted
                or any(word.startswith("list") for word in words)
                or any(secret in text.lower() for secret in _SECRET_WORDS)
            ):
                yield f"{template.path}: output {name} may carry a secret"


def flex_violations(templates: Templates) -> Iterator[str]:
    """What Flex Consumption does not take."""
    function = templates[FUNCTION]
    plan, site = function.body("plan"), function.body("app")
    settings = set(function.body("settings")["properties"])
    yield from (f"the setting {name} is not for Flex" for name in settings & FORBIDDEN_ON_FLEX)
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


def unexplained_roles(templates: Templates) -> Iterator[str]:
    """Role assignments without a reason, or with a role that is not in the table."""
    used: set[str] = set()
    for template in templates.values():
        for token in template.tokens:
            if _GUID.search(token.text):
                yield f"{template.path}: a GUID stands outside of roles.json"
        for symbol, resource in template.part("resources").items():
            if not resource["type"].lower().endswith("roleassignments"):
                continue
            text = dict(_definitions(template, "resource"))[symbol]
            roles = set(re.findall(r"\broles\.(\w+)", text))
            if len(roles) != 1 or not roles <= set(ROLES):
                yield f"{template.path}: {symbol} has not one role of the table: {roles}"
            if text.count("roles.") != 2:
                yield f"{template.path}: {symbol} must name its role in its name and as its role"
            if len(_reason(template, symbol, resource)) < 40:
                yield f"{template.path}: {symbol} does not say why"
            used |= roles
    yield from (f"nobody has the role {name}" for name in set(ROLES) - used)


def open_doors(templates: Templates) -> Iterator[str]:
    """Ways in beside Entra identities."""
    expected = {
        ("app/storage.bicep", "account", "allowSharedKeyAccess"): False,
        ("app/storage.bicep", "account", "allowBlobPublicAccess"): False,
        ("app/storage.bicep", "account", "minimumTlsVersion"): "TLS1_2",
        ("app/cosmos.bicep", "account", "disableLocalAuth"): True,
        ("app/monitoring.bicep", "component", "DisableLocalAuth"): True,
        ("app/vault.bicep", "vault", "enableRbacAuthorization"): True,
        ("app/function.bicep", "app", "httpsOnly"): True,
        ("app/function.bicep", "publishing", "allow"): False,
        ("app/function.bicep", "transfer", "allow"): False,
    }
    for (path, resource, member), wanted in expected.items():
        if templates[path].body(resource)["properties"].get(member) != wanted:
            yield f"{path}: {resource}.{member} must be {wanted}"


def uncovered_endpoints(templates: Templates) -> Iterator[str]:
    """Services without a private endpoint, or endpoints without their zone group."""
    network = templates["app/network.bicep"]
    named = {one["name"] for one in network.part("variables")["endpoints"]["value"]}
    for missing in {"blob", "queue", "table", "Sql", "vault"} - named:
        yield f"{missing} has no private endpoint"
    kinds = {resource["type"] for resource in network.part("resources").values()}
    if "Microsoft.Network/privateEndpoints/privateDnsZoneGroups" not in kinds:
        yield "private endpoints have no DNS zone group"


def _parameters(caller: Template, symbol: str, module: Template) -> Iterator[str]:
    config: Json = caller.part("modules")[symbol]["config"]
    given = set((config.get("config") or config).get("params", {}))
    parameters = module.part("parameters")
    required = {name for name, one in parameters.items() if one["default"] is None}
    for name in given - set(parameters):
        yield f"{caller.path}: {module.path} has no parameter {name}"
    for name in required - given:
        yield f"{caller.path}: {module.path} is not given {name}"


def _secret_names(template: Template) -> set[str]:
    """Secure parameters, and variables made of them or of listed keys."""
    tainted = {
        name
        for name, parameter in template.part("parameters").items()
        if {"type": "secure"} in parameter["decorators"]
    }
    for name, text in _definitions(template, "var"):
        if tainted & set(re.findall(r"\w+", text)) or re.search(r"\blist\w+\(", text):
            tainted.add(name)
    return tainted


def _definitions(template: Template, keyword: str) -> Iterator[tuple[str, str]]:
    """Each declaration of a keyword: its name and its own lines, up to the next declaration."""
    pattern = rf"^{keyword} (\w+)\b(.*?)(?=^(?:@|param|var|resource|module|output)\b|^@|\Z)"
    for found in re.finditer(pattern, template.text, re.MULTILINE | re.DOTALL):
        yield found[1], found[2]


def _reason(template: Template, symbol: str, resource: Json) -> str:
    """What a role assignment says: in its description, or in its decorator where it has none."""
    properties = template.body(symbol)["properties"]
    decorated = [one["argument"] for one in resource["decorators"] if one["type"] == "description"]
    return str(properties.get("description") or "".join(decorated))
