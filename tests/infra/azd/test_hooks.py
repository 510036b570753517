"""The hooks of azd that write keys, narrow roles and subscribe, against a pretended Azure CLI."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import yaml

from tests.doubles.azure_cli import AzureCli
from tests.infra.infrastructure import read_infrastructure
from tools.templates.compiler import INFRA, ROOT, VERSION

VALUES = {
    "AZURE_SUBSCRIPTION_ID": "sub",
    "AZURE_RESOURCE_GROUP": "rg-x",
    "VAULT_NAME": "kv-x",
    "API_NAME": "func-x",
    "STORAGE_NAME": "stx",
    "TOPIC_NAME": "evgt-x",
    "SUBSCRIBE_PAUSE_SECONDS": "0",
}
AFTER_PROVISIONING = ["keys.sh", "narrow.sh", "subscribe.sh"]
OLD_ROLE = "The operator puts uploads, reads results and reads dead letters."


@pytest.fixture
def azure(tmp_path: Path) -> AzureCli:
    return AzureCli(tmp_path, environment=VALUES)


def hook(name: str) -> list[str]:
    return [str(INFRA / "hooks" / name)]


def test_a_vault_without_keys_gets_one_that_no_command_line_shows(azure: AzureCli) -> None:
    missing = """echo 'ERROR: Not Found({"error":{"code":"SecretNotFound"}})'; exit 3"""
    azure.answers = {"rest get": missing}
    done = azure.run(hook("keys.sh"))
    assert done.returncode == 0, done.stderr
    parameters = (azure.folder / "files").read_text()
    key = re.search(r'"faceKeys": {"value": "([0-9a-f]{32})"}', parameters)
    assert key is not None
    assert "keys.bicep" in azure.calls[1]
    assert key[1] not in " ".join(azure.calls) + done.stdout + done.stderr
    assert not Path((azure.folder / "name").read_text().strip()).exists()


def test_keys_that_are_there_stay(azure: AzureCli) -> None:
    assert azure.run(hook("keys.sh")).returncode == 0
    assert len(azure.calls) == 1


def test_no_key_is_written_where_it_is_not_known_whether_there_is_one(azure: AzureCli) -> None:
    azure.answers = {"rest": "echo 'ERROR: AuthorizationFailed' >&2; exit 1"}
    done = azure.run(hook("keys.sh"))
    assert done.returncode != 0
    assert "AuthorizationFailed" in done.stderr
    assert len(azure.calls) == 1


@pytest.mark.parametrize("name", AFTER_PROVISIONING)
def test_every_command_names_the_subscription(azure: AzureCli, name: str) -> None:
    azure.answers = {
        "rest": "echo SecretNotFound; exit 3",
        "role assignment list": "echo an-assignment",
        "keys list": "echo true",
    }
    assert azure.run(hook(name)).returncode == 0
    assert len(azure.calls) == 2
    assert all("--subscription sub" in call for call in azure.calls)


def test_a_role_on_the_whole_account_is_removed(azure: AzureCli) -> None:
    azure.answers = {"role assignment list": "echo one; echo two"}
    done = azure.run(hook("narrow.sh"))
    assert done.returncode == 0, done.stderr
    assert f"description=='{OLD_ROLE}'" in azure.calls[0]
    account = (
        "/subscriptions/sub/resourceGroups/rg-x/providers/Microsoft.Storage/storageAccounts/stx"
    )
    assert f"--scope {account} " in azure.calls[0]
    assert ["--ids one" in azure.calls[1], "--ids two" in azure.calls[2]] == [True, True]


def test_a_role_that_cannot_be_removed_is_shown_with_the_command(azure: AzureCli) -> None:
    azure.answers = {"assignment list": "echo one", "assignment delete": "exit 1"}
    done = azure.run(hook("narrow.sh"))
    assert done.returncode == 0
    assert "az role assignment delete --ids one" in done.stderr


def test_the_role_that_is_removed_is_none_of_the_present_ones() -> None:
    for deployment in read_infrastructure().standard:
        for role in deployment.of_type("Microsoft.Authorization/roleAssignments"):
            assert role["properties"]["description"] != OLD_ROLE


def test_a_subscription_waits_for_the_key_and_tries_the_handshake_again(azure: AzureCli) -> None:
    azure.answers = {"keys list": ["echo false", "echo true"], "deployment": ["exit 1", "exit 0"]}
    done = azure.run(hook("subscribe.sh"))
    assert done.returncode == 0, done.stderr
    assert ["keys list" in call for call in azure.calls] == [True, True, False, True, False]
    assert "topicName=evgt-x appName=func-x storageName=stx" in azure.calls[-1]


def test_a_subscription_that_never_comes_says_what_to_do(azure: AzureCli) -> None:
    done = azure.run(hook("subscribe.sh"), {"SUBSCRIBE_ATTEMPTS": "3"})
    assert done.returncode == 1
    assert len(azure.calls) == 3
    assert "azd hooks run postdeploy" in done.stderr


@pytest.mark.parametrize("name", AFTER_PROVISIONING)
def test_a_hook_without_its_environment_does_nothing(azure: AzureCli, name: str) -> None:
    assert azure.run(hook(name), {"AZURE_RESOURCE_GROUP": ""}).returncode != 0
    assert azure.calls == []


@pytest.mark.parametrize("name", AFTER_PROVISIONING)
def test_what_a_hook_reads_is_what_main_puts_out(name: str) -> None:
    infrastructure = read_infrastructure()
    text = (INFRA / "hooks" / name).read_text("utf-8")
    required = set(re.findall(r"\$\{(\w+):\?\}", text))
    outputs = set(infrastructure.compiled["main"]["outputs"])
    assert required <= outputs | {"AZURE_SUBSCRIPTION_ID"}
    for template in re.findall(r'/\.\./(\w+)\.bicep"', text):
        passed = set(re.findall(r'"(\w+)=\$|"(\w+)": \{"value"', text))
        parameters = set(infrastructure.compiled[template]["parameters"])
        assert {one or other for one, other in passed} == parameters


def test_azd_and_the_workflow_name_what_exists() -> None:
    azd = (ROOT / "azure.yaml").read_text("utf-8")
    workflow = (ROOT / ".github" / "workflows" / "azure-dev.yml").read_text("utf-8")
    makefile = (ROOT / "Makefile").read_text("utf-8")
    hooks = set(re.findall(r"infra/hooks/\w+\.sh", azd))
    assert hooks == {str(one.relative_to(ROOT)) for one in (INFRA / "hooks").iterdir()}
    assert all(os.access(ROOT / one, os.X_OK) for one in hooks)
    targets = set(re.findall(r"run: make (\w+)", azd + workflow))
    assert targets == {"test", "package"}
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    assert ".build/package/lineament.zip" in workflow


def test_azd_builds_the_models_whenever_it_packs_the_service() -> None:
    """A hook of the project runs with `azd package` alone, and not with `azd deploy`."""
    azd = yaml.safe_load((ROOT / "azure.yaml").read_text("utf-8"))
    assert azd["services"]["api"]["hooks"]["prepackage"]["run"] == "make package"
    assert "prepackage" not in azd["hooks"]
    assert re.search(
        r"^package: setup-models ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE
    )


def test_the_workflow_installs_the_compiler_that_made_the_snapshots() -> None:
    workflow = (ROOT / ".github" / "workflows" / "azure-dev.yml").read_text("utf-8")
    assert f"$package/{VERSION}/$package.{VERSION}.nupkg" in workflow
    assert "0ab9de90c2493f206f8281bae74f9ee2d5ed3605548dab1adf41fef185e1f7c5" in workflow
