"""Microsoft's compiler accepts the templates, and makes from them what is committed."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.infra.infrastructure import STANDARD, read_infrastructure
from tools.templates.artifacts import DEPLOYMENTS, REFUSED, SOURCES, canonical, made, sources
from tools.templates.compiler import (
    INFRA,
    ROOT,
    ROOTS,
    STRICT_LINT,
    VERSION,
    BicepFailed,
    Compiler,
    copied,
    find_compiler,
    without_compiler,
)

needs_compiler = pytest.mark.skipif(without_compiler() is not None, reason=str(without_compiler()))

pytestmark = pytest.mark.timeout(600)

REFUSALS = {
    "autoscale": "COSMOS_AUTOSCALE_MAX_THROUGHPUT is 1500; it must be 0 or a multiple of 1000",
    "operator-without-type": "OPERATOR_PRINCIPAL_ID and OPERATOR_PRINCIPAL_TYPE need each other",
    "type-without-operator": "OPERATOR_PRINCIPAL_ID and OPERATOR_PRINCIPAL_TYPE need each other",
    "tenant-without-audience": "ENTRA_TENANT_ID and ENTRA_AUDIENCE need each other",
    "nat-without-network": "NAT_GATEWAY belongs to a private network",
}

LINTED: dict[str, list[tuple[str, str, str]]] = {
    "no-unused-params": [("app/vault.bicep", "param tags", "param a int = 1\nparam tags")],
    "no-unused-vars": [("app/identity.bicep", "param tags", "var a = 1\nparam tags")],
    "no-unused-existing-resources": [
        (
            "app/roles.bicep",
            "resource appBlobs",
            "resource a 'Microsoft.KeyVault/vaults@2025-05-01' existing = {\n  name: 'a'\n}\n"
            "resource appBlobs",
        )
    ],
    "no-unused-imports": [
        ("app/cosmos.bicep", "param tags", "import * as a from '../keys.bicep'\nparam tags"),
        ("keys.bicep", "resource vault", "@export()\nvar a = 1\n\nresource vault"),
    ],
    "no-hardcoded-env-urls": [("app/events.bicep", "topic.name", "'x.blob.core.windows.net'")],
    "no-hardcoded-location": [("app/identity.bicep", "location: location", "location: 'westus'")],
    "outputs-should-not-contain-secrets": [
        ("app/storage.bicep", "= account.id", "= account.listKeys().keys[0].value")
    ],
    "use-resource-id-functions": [
        ("app/network.bicep", "resourceId(endpoint.type, endpoint.resource)", "'/a/${name}'")
    ],
    "use-safe-access": [
        ("app/function.bicep", "= app.name", "= contains(tags, 'a') ? tags.a : app.name")
    ],
    "explicit-values-for-loc-params": [
        ("app/events.bicep", "location string", "location string = resourceGroup().location"),
        (
            "main.bicep",
            "  name: 'events'\n  params: {\n    location: location\n",
            "  name: 'events'\n  params: {\n",
        ),
    ],
    "use-recent-api-versions": [("app/vault.bicep", "vaults@2025-05-01", "vaults@2023-07-01")],
}
"""Lint rules, and what makes each of them fire."""

UNCOMPILED: dict[str, tuple[str, str, str]] = {
    'The name "tags" does not exist': ("app/storage.bicep", "param tags object\n", ""),
    'The name "acount" does not exist': ("app/cosmos.bicep", "parent: account", "parent: acount"),
    'The name "lower" does not exist': ("app/network.bicep", "toLower(", "lower("),
    '"workspaceId"': ("app/diagnostics.bicep", "param workspaceId", "param workspace"),
    'does not contain property "uri"': ("app/vault.bicep", "output uri", "output url"),
    "identities.bicep": ("main.bicep", "'app/identity.bicep'", "'app/identities.bicep'"),
}
"""What the compiler says about symbols and modules that do not fit, and what makes it."""


@pytest.fixture(scope="module")
def compiler() -> Compiler:
    found = find_compiler()
    assert found is not None
    return found


def test_what_is_committed_was_made_from_these_templates() -> None:
    assert json.loads(SOURCES.read_text("utf-8")) == sources(), "run `make snapshots`"


def test_every_parameter_is_given_in_some_deployment() -> None:
    given = "".join(file.read_text("utf-8") for file in DEPLOYMENTS.glob("*.bicepparam"))
    missing = [name for name in read_infrastructure().parameters if f"param {name} =" not in given]
    assert missing == []


def test_every_deployment_is_read() -> None:
    assert {file.stem for file in DEPLOYMENTS.glob("*.bicepparam")} == {*STANDARD, "subscribe"}


def test_azd_finds_no_bicep_settings_and_no_other_parameters() -> None:
    assert not [*INFRA.rglob("bicepconfig.json"), *INFRA.rglob("*.bicepparam")]


@needs_compiler
def test_the_compiler_is_the_one_that_made_what_is_committed(compiler: Compiler) -> None:
    assert compiler.version == VERSION, f"{compiler.path} is another version"


@needs_compiler
def test_the_compiler_makes_again_what_is_committed(compiler: Compiler, tmp_path: Path) -> None:
    for path, document in made(compiler, copied(tmp_path / "copy")).items():
        assert canonical(document) == (ROOT / path).read_text("utf-8"), f"{path}: make snapshots"


@needs_compiler
@pytest.mark.parametrize("root", ROOTS)
def test_the_linter_finds_nothing(compiler: Compiler, root: str) -> None:
    assert compiler.lint(INFRA / f"{root}.bicep") == []


@needs_compiler
def test_the_templates_are_formatted(compiler: Compiler, tmp_path: Path) -> None:
    copy = copied(tmp_path / "copy")
    (copy / "infra" / "keys.bicep").write_text("param  a   int\n")
    compiler.format_all(copy)
    files = [*copy.rglob("*.bicep"), *copy.rglob("*.bicepparam")]
    texts = {file.relative_to(copy): file.read_text("utf-8") for file in files}
    changed = {path for path, text in texts.items() if text != (ROOT / path).read_text("utf-8")}
    assert texts[Path("infra/keys.bicep")] == "param a int\n"
    assert changed == {Path("infra/keys.bicep")}, "run `bicep format`"


@needs_compiler
@pytest.mark.parametrize("name", REFUSALS)
def test_impossible_parameters_are_refused_with_a_sentence(
    compiler: Compiler, tmp_path: Path, name: str
) -> None:
    folder = copied(tmp_path / "copy") / "tests" / "infra" / "refused"
    with pytest.raises(BicepFailed, match=REFUSALS[name]):
        compiler.snapshot(folder / f"{name}.bicepparam")


def test_every_refusal_is_tried() -> None:
    assert {file.stem for file in REFUSED.glob("*.bicepparam")} == set(REFUSALS)


@pytest.fixture(scope="module")
def fired(compiler: Compiler, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The lint rules that fire where everything of ``LINTED`` is done at once."""
    infra = copied(tmp_path_factory.mktemp("linted") / "copy") / "infra"
    for changes in LINTED.values():
        for change in changes:
            replace(infra, *change)
    return {finding.rule for finding in compiler.lint(infra / "main.bicep")}


@needs_compiler
@pytest.mark.parametrize("rule", LINTED)
def test_a_lint_rule_fires(fired: set[str], rule: str) -> None:
    assert rule in fired


def test_every_lint_rule_is_shown_to_fire() -> None:
    rules = json.loads(STRICT_LINT.read_text("utf-8"))["analyzers"]["core"]["rules"]
    assert set(LINTED) == set(rules)
    assert {one["level"] for one in rules.values()} == {"error"}


@needs_compiler
def test_the_compiler_notices_symbols_and_modules_that_do_not_fit(
    compiler: Compiler, tmp_path: Path
) -> None:
    infra = copied(tmp_path / "copy") / "infra"
    for change in UNCOMPILED.values():
        replace(infra, *change)
    with pytest.raises(BicepFailed) as failed:
        compiler.build(infra / "main.bicep")
    assert [text for text in UNCOMPILED if text not in str(failed.value)] == []


def replace(infra: Path, path: str, old: str, new: str) -> None:
    """Changes one file of a copy; an assertion fails where there is nothing to change."""
    text = (infra / path).read_text("utf-8")
    assert old in text, f"{path} has no {old!r}"
    (infra / path).write_text(text.replace(old, new, 1))


CLOCK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int failed = real(clock, now);
    if (!failed && clock == CLOCK_REALTIME) now->tv_sec += 2 * 365 * 86400;
    return failed;
}
"""
"""Two years ahead, for a program that is started with it in LD_PRELOAD."""


@needs_compiler
def test_the_linter_finds_nothing_two_years_later(compiler: Compiler, tmp_path: Path) -> None:
    cc = shutil.which("cc")
    if cc is None:
        pytest.skip("no C compiler to set the clock of the linter with")
    (tmp_path / "clock.c").write_text(CLOCK)
    library = tmp_path / "clock.so"
    subprocess.run(
        [cc, "-shared", "-fPIC", "-o", str(library), str(tmp_path / "clock.c"), "-ldl"], check=True
    )
    ahead = Compiler(compiler.path, {**compiler.environment, "LD_PRELOAD": str(library)})
    by_calendar = tmp_path / "bicepconfig.json"
    rule = {"level": "error", "maxAgeInDays": 730}
    by_calendar.write_text(
        json.dumps({"analyzers": {"core": {"rules": {"use-recent-api-versions": rule}}}})
    )

    assert ahead.lint(INFRA / "main.bicep") == []
    assert ahead.lint(INFRA / "main.bicep", by_calendar) != []
