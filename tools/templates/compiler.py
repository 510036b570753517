"""Runs Microsoft's Bicep compiler, from ``$BICEP``, ``PATH`` or beside the repository."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
INFRA = ROOT / "infra"
STRICT_LINT = ROOT / "tests" / "infra" / "lint" / "bicepconfig.json"

VERSION = "0.49.2"
"""The version that makes what is committed; the deploying workflow installs it by sha256."""

ROOTS = ("main", "subscribe", "keys")
"""The templates that are deployed; the others are modules."""

Json = dict[str, Any]

_BESIDE = ROOT.parent / "shared" / "tools" / "bicep" / "bicep"
_SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
_TENANT = "22222222-2222-2222-2222-222222222222"
_LOCATION = "westeurope"
_GROUP = "rg-lineament"


class BicepFailed(Exception):
    """The compiler found an error; the text is what it wrote."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One diagnostic of the compiler or of its linter."""

    rule: str
    file: str
    text: str


@dataclass(frozen=True, slots=True)
class Compiler:
    """Runs one Bicep executable.

    Args:
        path: the executable.
        environment: variables beside the present ones.
    """

    path: Path
    environment: Mapping[str, str]

    @property
    def version(self) -> str:
        """Its version, as in ``0.49.2``."""
        return self._run(["--version"]).split()[3]

    def build(self, template: Path) -> Json:
        """The ARM template of a Bicep file.

        Raises:
            BicepFailed: the file has an error.
        """
        built: Json = json.loads(self._run(["build", str(template), "--stdout"]))
        return built

    def build_all(self, folder: Path, output: Path) -> Mapping[str, Json]:
        """The ARM templates of all Bicep files of a folder, by the stem of their names."""
        output.mkdir(parents=True, exist_ok=True)
        self._run(["build", "--pattern", f"{folder}/*.bicep", "--outdir", str(output)])
        return {file.stem: json.loads(file.read_text("utf-8")) for file in output.glob("*.json")}

    def lint(self, template: Path, config: Path = STRICT_LINT) -> list[Finding]:
        """All findings in a Bicep file and its modules."""
        text = self._run(
            ["lint", str(template), "--config", str(config), "--diagnostics-format", "sarif"],
            failing=True,
        )
        return [_finding(result) for run in json.loads(text)["runs"] for result in run["results"]]

    def format_all(self, folder: Path) -> None:
        """Rewrites all Bicep files below a folder as the formatter has them."""
        for kind in ("bicep", "bicepparam"):
            self._run(["format", "--pattern", f"{folder}/**/*.{kind}"])

    def snapshot(self, parameters: Path) -> Json:
        """The evaluated deployment of a ``.bicepparam`` file, written nowhere.

        Raises:
            BicepFailed: the parameters are refused, or the template has an error.
        """
        written = parameters.with_suffix(".snapshot.json")
        arguments = ["snapshot", str(parameters), "--mode", "overwrite"]
        arguments += ["--subscription-id", _SUBSCRIPTION, "--tenant-id", _TENANT]
        of_subscription = "/main.bicep'" in parameters.read_text("utf-8")
        arguments += ["--location", _LOCATION] if of_subscription else ["--resource-group", _GROUP]
        # Without a name, outputs of modules stay unevaluated.
        self._run([*arguments, "--deployment-name", "main"])
        try:
            evaluated: Json = json.loads(written.read_text("utf-8"))
        finally:
            written.unlink(missing_ok=True)
        return evaluated

    def _run(self, arguments: Sequence[str], *, failing: bool = False) -> str:
        done = subprocess.run(  # noqa: S603 - the compiler, with our own arguments
            [str(self.path), *arguments],
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
        )
        if done.returncode and not failing:
            raise BicepFailed(done.stderr)
        return done.stdout


def find_compiler() -> Compiler | None:
    """The compiler to use; None where there is none."""
    named = os.environ.get("BICEP") or shutil.which("bicep")
    path = Path(named) if named else _BESIDE
    if not path.is_file():
        return None
    # Without libicu .NET starts in this mode only; Bicep needs no culture.
    return Compiler(path, {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"})


@cache
def without_compiler() -> str | None:
    """Why tests that need the compiler are skipped; None where it is installed."""
    if find_compiler() is not None:
        return None
    return "no Bicep compiler in $BICEP, on PATH or in ../shared/tools/bicep"


def copied(folder: Path) -> Path:
    """A copy of the templates and of what is made from them, to compile or to break.

    Returns:
        The root of the copy: ``infra`` and ``tests/infra`` are below it as they are here.
    """
    leave_out = shutil.ignore_patterns("*.py", "__pycache__", "*.snapshot.json", "compiled")
    shutil.copytree(INFRA, folder / "infra")
    shutil.copytree(ROOT / "tests" / "infra", folder / "tests" / "infra", ignore=leave_out)
    return folder


def _finding(result: Json) -> Finding:
    location = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    return Finding(result["ruleId"], Path(location).name, result["message"]["text"])
