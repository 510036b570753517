"""The commands of docs/deploy.md lead to an answer of the service, against pretended programs."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.doubles.azure_cli import AzureCli
from tools.templates.compiler import ROOT

PAGE = ROOT / "docs" / "deploy.md"

AZD = """#!/bin/sh
case "$1 $2" in
"env set") printf '%s' "$4" >"$STAGE/variable-$3" ;;
"env get-value")
    case "$3" in
    API_URL) echo https://func-x.example ;;
    VAULT_NAME) echo kv-x ;;
    AZURE_RESOURCE_GROUP) echo rg-x ;;
    *) exit 1 ;;
    esac ;;
"up ")
    export AZURE_SUBSCRIPTION_ID=sub AZURE_RESOURCE_GROUP=rg-x VAULT_NAME=kv-x
    infra/hooks/keys.sh ;;
esac
"""

CURL = """#!/bin/sh
case "$*" in
*/health*) echo '{"status": "healthy"}' ;;
*"Ocp-Apim-Subscription-Key: $(cat "$STAGE/vault")"*) echo '[{"faceId": "a-face"}]' ;;
*) exit 22 ;;
esac
"""

KEEP_KEY = """
sed -n 's/.*"faceKeys": {"value": "\\([^"]*\\)".*/\\1/p' "$(cat "$STAGE/name")" >"$STAGE/vault"
"""
READ_KEY = """
for name in OPERATOR_PRINCIPAL_ID OPERATOR_PRINCIPAL_TYPE; do
    [ -s "$STAGE/variable-$name" ] || { echo 'Forbidden' >&2; exit 1; }
done
[ ! -s "$STAGE/variable-PRIVATE_NETWORKING" ] || { echo 'Forbidden by firewall' >&2; exit 1; }
cat "$STAGE/vault"
"""
GROUP = "azd env set OPERATOR_PRINCIPAL_ID a-group; azd env set OPERATOR_PRINCIPAL_TYPE Group"
PRIVATE = "azd env set PRIVATE_NETWORKING true"


def blocks() -> dict[str, str]:
    """The page's blocks of commands by the names that comments give them."""
    text = PAGE.read_text("utf-8")
    found = re.findall(r"<!-- block: ([\w-]+) -->\n\n((?:    .*\n|\n(?=    ))+)", text)
    return {name: re.sub(r"^    ", "", block, flags=re.MULTILINE) for name, block in found}


@pytest.fixture
def azure(tmp_path: Path) -> AzureCli:
    for name, text in {"azd": AZD, "curl": CURL}.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    (tmp_path / "infra").symlink_to(ROOT / "infra")
    return AzureCli(
        tmp_path,
        {
            "ad signed-in-user show": "echo 33333333-3333-3333-3333-333333333333",
            "rest": "echo SecretNotFound; exit 3",
            "deployment group create": KEEP_KEY,
            "keyvault secret show": READ_KEY,
        },
    )


def follow(azure: AzureCli, *steps: str) -> subprocess.CompletedProcess[str]:
    """Run blocks, given by their names, or other commands one after another in one shell."""
    page = blocks()
    script = "set -eu\n" + "\n".join(page.get(step, step) for step in steps)
    return azure.run(["sh", "-c", script], cwd=azure.folder)


@pytest.mark.parametrize(
    "before", [["operator"], ["operator", GROUP]], ids=["the signed-in user", "a named group"]
)
def test_an_operator_reads_the_key_and_calls_the_service(
    azure: AzureCli, before: list[str]
) -> None:
    done = follow(azure, *before, "up", "health", "read-key", "detect")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith('[{"faceId": "a-face"}]\n')


@pytest.mark.parametrize(
    "before", [[], ["operator", PRIVATE]], ids=["without an operator", "private"]
)
def test_where_the_vault_cannot_be_read_a_key_is_written(
    azure: AzureCli, before: list[str]
) -> None:
    read = follow(azure, *before, "up", "health", "read-key", "detect")
    assert read.returncode != 0
    assert "Forbidden" in read.stderr

    written = follow(azure, *before, "up", "health", "write-key", "detect")

    assert written.returncode == 0, written.stderr
    assert written.stdout.endswith('[{"faceId": "a-face"}]\n')
    assert not (azure.folder / "keys.json").exists()


def test_the_operator_of_the_page_is_the_signed_in_user(azure: AzureCli) -> None:
    """And not AZURE_PRINCIPAL_ID, which would make a workflow's identity the operator."""
    assert follow(azure, "operator").returncode == 0
    chosen = (azure.folder / "variable-OPERATOR_PRINCIPAL_ID").read_text()
    assert chosen == "33333333-3333-3333-3333-333333333333"
    assert (azure.folder / "variable-OPERATOR_PRINCIPAL_TYPE").read_text() == "User"
    assert "AZURE_PRINCIPAL_ID" not in PAGE.read_text("utf-8")
