"""The hooks of azd, with a stand-in for the Azure CLI that plays what Azure answers."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.unit.infra.bicep import INFRA, ROOT, read_templates

VALUES = {
    "AZURE_SUBSCRIPTION_ID": "sub",
    "AZURE_RESOURCE_GROUP": "rg-x",
    "VAULT_NAME": "kv-x",
    "API_NAME": "func-x",
    "STORAGE_NAME": "stx",
    "TOPIC_NAME": "evgt-x",
}

PRETENDED_AZ = """#!/bin/sh
printf '%s\\n' "$*" >>"$STAGE/calls"
for argument in "$@"; do
    file="${argument#@}"
    [ "$file" = "$argument" ] || { cat "$file" >>"$STAGE/files"; echo "$file" >"$STAGE/name"; }
done
count=$(wc -l <"$STAGE/calls")
[ ! -f "$STAGE/answer-$count" ] || . "$STAGE/answer-$count"
"""


@dataclass
class Stage:
    """Runs a hook; every answer is shell code for the call of that number, beginning at 1."""

    folder: Path
    answers: dict[int, str] = field(default_factory=dict)

    def run(self, hook: str, **values: str) -> subprocess.CompletedProcess[str]:
        az = self.folder / "az"
        az.write_text(PRETENDED_AZ)
        az.chmod(0o755)
        for number, answer in self.answers.items():
            (self.folder / f"answer-{number}").write_text(answer)
        path = f"{self.folder}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            [str(INFRA / "hooks" / hook)],
            env={"PATH": path, "STAGE": str(self.folder), "SUBSCRIBE_PAUSE_SECONDS": "0"}
            | VALUES
            | values,
            capture_output=True,
            text=True,
        )

    @property
    def calls(self) -> Sequence[str]:
        return (self.folder / "calls").read_text().splitlines()


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_a_vault_without_keys_gets_one_that_no_command_line_shows(stage: Stage) -> None:
    stage.answers = {1: 'echo \'ERROR: Not Found({"error":{"code":"SecretNotFound"}})\'; exit 3'}
    done = stage.run("keys.sh")
    assert done.returncode == 0, done.stderr
    parameters = (stage.folder / "files").read_text()
    key = re.search(r'"faceKeys": {"value": "([0-9a-f]{32})"}', parameters)
    assert key is not None
    assert "keys.bicep" in stage.calls[1]
    assert key[1] not in " ".join(stage.calls) + done.stdout + done.stderr
    assert not Path((stage.folder / "name").read_text().strip()).exists()


def test_keys_that_are_there_stay(stage: Stage) -> None:
    done = stage.run("keys.sh")
    assert done.returncode == 0
    assert len(stage.calls) == 1


def test_no_key_is_written_where_it_is_not_known_whether_there_is_one(stage: Stage) -> None:
    stage.answers = {1: "echo 'ERROR: AuthorizationFailed' >&2; exit 1"}
    done = stage.run("keys.sh")
    assert done.returncode != 0
    assert "AuthorizationFailed" in done.stderr
    assert len(stage.calls) == 1


def test_a_subscription_waits_for_the_key_and_tries_the_handshake_again(stage: Stage) -> None:
    stage.answers = {1: "echo false", 2: "echo true", 3: "exit 1", 4: "echo true", 5: "exit 0"}
    done = stage.run("subscribe.sh")
    assert done.returncode == 0, done.stderr
    assert ["keys list" in call for call in stage.calls] == [True, True, False, True, False]
    assert "topicName=evgt-x appName=func-x storageName=stx" in stage.calls[-1]


def test_a_subscription_that_never_comes_says_what_to_do(stage: Stage) -> None:
    done = stage.run("subscribe.sh", SUBSCRIBE_ATTEMPTS="3")
    assert done.returncode == 1
    assert len(stage.calls) == 3
    assert "azd hooks run postdeploy" in done.stderr


@pytest.mark.parametrize("hook", ["keys.sh", "subscribe.sh"])
def test_a_hook_without_its_environment_does_nothing(stage: Stage, hook: str) -> None:
    assert stage.run(hook, AZURE_RESOURCE_GROUP="").returncode != 0
    assert not (stage.folder / "calls").exists()


@pytest.mark.parametrize("hook", ["keys.sh", "subscribe.sh"])
def test_what_a_hook_reads_is_what_main_puts_out(hook: str) -> None:
    text = (INFRA / "hooks" / hook).read_text("utf-8")
    required = set(re.findall(r"\$\{(\w+):\?\}", text))
    given = set(read_templates()["main.bicep"].part("outputs")) | {"AZURE_SUBSCRIPTION_ID"}
    assert required <= given
    (template,) = re.findall(r'/\.\./(\w+\.bicep)"', text)
    parameters = set(read_templates()[template].part("parameters"))
    passed = set(re.findall(r'"(\w+)=\$|"(\w+)": \{"value"', text))
    assert {one or other for one, other in passed} == parameters


def test_azd_and_the_workflow_name_what_exists() -> None:
    azd = (ROOT / "azure.yaml").read_text("utf-8")
    workflow = (ROOT / ".github" / "workflows" / "deploy.yml").read_text("utf-8")
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for hook in re.findall(r"run: (infra/\S+)", azd):
        assert os.access(ROOT / hook, os.X_OK), hook
    targets = re.findall(r"run: make (\w+)", azd + workflow)
    assert {"models", "check", "test", "package"} == set(targets)
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    roots = set(re.findall(r"infra/\w+\.bicep", workflow))
    assert roots == {f"infra/{path}" for path in read_templates() if "/" not in path}
    assert ".build/package/lineament.zip" in workflow
