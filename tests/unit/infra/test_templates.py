"""The templates hold together. Nothing here can compile Bicep; docs/deploy.md says so too."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

import pytest

from tests.unit.infra import rules
from tests.unit.infra.bicep import INFRA, Templates, broken, read_templates

Rule = Callable[[Templates], Iterable[str]]

RULES: list[Rule] = [
    rules.unresolved_symbols,
    rules.unused_declarations,
    rules.module_mismatches,
    rules.orphans,
    rules.wrong_api_versions,
    rules.secrets_in_outputs,
    rules.flex_violations,
    rules.unexplained_roles,
    rules.open_doors,
    rules.uncovered_endpoints,
]

TEMPLATES = read_templates()

_ROLE_REASON = "description: 'The operator puts uploads, reads results and reads dead letters.'"

BREAKS: list[tuple[Rule, str, str, str]] = [
    (rules.unresolved_symbols, "app/storage.bicep", "param tags object\n", ""),
    (rules.unresolved_symbols, "app/storage.bicep", "parent: account", "parent: acount"),
    (rules.unresolved_symbols, "app/function.bicep", "${blobEndpoint}deploy", "${blob}deploy"),
    (rules.unresolved_symbols, "app/network.bicep", "toLower(", "lower("),
    (rules.unresolved_symbols, "app/alerts.bicep", "for rule in rules", "for one in rules"),
    (
        rules.unused_declarations,
        "app/events.bicep",
        "param location string",
        "param a int\nparam location string",
    ),
    (
        rules.module_mismatches,
        "app/events.bicep",
        "param storageId string",
        "param storageName string",
    ),
    (
        rules.module_mismatches,
        "app/storage.bicep",
        "param tags object",
        "param tags object\nparam sku string",
    ),
    (rules.module_mismatches, "app/vault.bicep", "output uri string", "output url string"),
    (rules.module_mismatches, "main.bicep", "'app/vault.bicep'", "'app/vaults.bicep'"),
    (rules.orphans, "main.bicep", "'app/vault.bicep'", "'app/events.bicep'"),
    (rules.wrong_api_versions, "app/vault.bicep", "vaults@2023-07-01", "vaults@2024-07-01"),
    (rules.wrong_api_versions, "subscribe.bicep", "'2024-04-01'", "'2024-04-02'"),
    (rules.wrong_api_versions, "app/events.bicep", "systemTopics@", "topics@"),
    (
        rules.secrets_in_outputs,
        "keys.bicep",
        "resource vault",
        "output k string = faceKeys\nresource vault",
    ),
    (
        rules.secrets_in_outputs,
        "subscribe.bicep",
        "var key",
        "output u string = 'x${key}'\nvar key",
    ),
    (
        rules.secrets_in_outputs,
        "app/storage.bicep",
        "output id string = account.id",
        "output id string = account.listKeys().keys[0].value",
    ),
    (
        rules.flex_violations,
        "app/function.bicep",
        "FACE_STORE: 'cosmos'",
        "FUNCTIONS_WORKER_RUNTIME: 'python'",
    ),
    (rules.flex_violations, "app/function.bicep", "'FC1'", "'Y1'"),
    (rules.flex_violations, "app/function.bicep", "reserved: true", "reserved: false"),
    (rules.flex_violations, "app/function.bicep", "version: '3.13'", "version: '3.10'"),
    (rules.flex_violations, "app/function.bicep", "minTlsVersion: '1.2'", "alwaysOn: true"),
    (rules.unexplained_roles, "app/roles.bicep", _ROLE_REASON, "description: 'Needed.'"),
    (
        rules.unexplained_roles,
        "app/roles.bicep",
        "@description('The app reads",
        "@metadata('The app reads",
    ),
    (
        rules.unexplained_roles,
        "app/roles.bicep",
        "'${definitions}/${roles.keyVaultSecretsUser}'",
        "'${definitions}/4633458b-17de-408a-b874-0445c86b69e6'",
    ),
    (
        rules.unexplained_roles,
        "app/roles.bicep",
        "storageQueueDataContributor",
        "storageBlobDataOwner",
    ),
    (
        rules.open_doors,
        "app/storage.bicep",
        "allowSharedKeyAccess: false",
        "allowSharedKeyAccess: true",
    ),
    (rules.open_doors, "app/cosmos.bicep", "disableLocalAuth: true", "disableLocalAuth: false"),
    (rules.open_doors, "app/function.bicep", "allow: false", "allow: true"),
    (rules.uncovered_endpoints, "app/network.bicep", "name: 'queue'", "name: 'file'"),
]


@pytest.mark.parametrize("path", TEMPLATES)
def test_every_template_parses(path: str) -> None:
    assert TEMPLATES[path].part("resources") or TEMPLATES[path].part("modules")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_rule_holds(rule: Rule) -> None:
    assert list(rule(TEMPLATES)) == []


@pytest.mark.parametrize(("rule", "path", "old", "new"), BREAKS)
def test_a_rule_notices_a_broken_template(rule: Rule, path: str, old: str, new: str) -> None:
    assert set(rule(broken(TEMPLATES, path, old, new))) - set(rule(TEMPLATES))


def test_every_rule_is_shown_to_notice() -> None:
    assert {rule for rule, *_ in BREAKS} == set(RULES)


def test_the_parameter_file_gives_what_main_wants() -> None:
    given = json.loads((INFRA / "main.parameters.json").read_text("utf-8"))["parameters"]
    parameters = TEMPLATES["main.bicep"].part("parameters")
    required = {name for name, one in parameters.items() if one["default"] is None}
    assert required <= set(given) <= set(parameters)
    for name in set(given) - required:
        default = parameters[name]["default"]
        text = str(default).lower() if isinstance(default, bool) else str(default)
        assert given[name]["value"].partition("=")[2] == text + "}", name


@pytest.mark.parametrize("path", TEMPLATES)
def test_no_template_needs_a_network_to_be_read(path: str) -> None:
    assert "br/public:" not in TEMPLATES[path].text
    assert "br:" not in TEMPLATES[path].text
    assert not any(line.strip().startswith("...") for line in TEMPLATES[path].text.splitlines())
