"""Makes what tests/infra commits about the templates; ``make snapshots`` runs this module.

`deployments/*.snapshot.json` are evaluated deployments, `compiled/*.json` the ARM templates, and
`compiled/sources.json` names what both were made from. Everything is canonical JSON: sorted keys,
two spaces.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools.templates.compiler import (
    INFRA,
    ROOT,
    ROOTS,
    VERSION,
    BicepFailed,
    Compiler,
    Json,
    copied,
    find_compiler,
)

HERE = ROOT / "tests" / "infra"
DEPLOYMENTS = HERE / "deployments"
REFUSED = HERE / "refused"
COMPILED = HERE / "compiled"
SOURCES = COMPILED / "sources.json"

_WORKERS = 2
"""Compilers that run at once; each takes 330 MB."""


def canonical(document: object) -> str:
    """JSON with sorted keys: the compiler writes outputs in random order."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def made(compiler: Compiler, root: Path) -> Mapping[Path, Json]:
    """All committed artifacts, generated from a copy of the templates.

    Args:
        root: what ``copied`` returns.

    Returns:
        The contents by their path below the repository.

    Raises:
        BicepFailed: a template has an error.
    """
    folder = root / "tests" / "infra" / "deployments"
    names = sorted(file.stem for file in folder.glob("*.bicepparam"))
    files = [folder / f"{name}.bicepparam" for name in names]
    with ThreadPoolExecutor(_WORKERS) as pool:
        snapshots = pool.map(compiler.snapshot, files)
        built = pool.map(compiler.build, [root / "infra" / f"{name}.bicep" for name in ROOTS])
        modules = compiler.build_all(root / "infra" / "app", root / "modules")
        result = {
            snapshot_path(name): snapshot for name, snapshot in zip(names, snapshots, strict=True)
        }
        result |= {
            compiled_path(name): template for name, template in zip(ROOTS, built, strict=True)
        }
    hashes = {name: template_hash(module) for name, module in modules.items()}
    return result | {compiled_path("modules"): hashes}


def snapshot_path(name: str) -> Path:
    """Where the snapshot of a deployment is, below the repository."""
    return (DEPLOYMENTS / f"{name}.snapshot.json").relative_to(ROOT)


def compiled_path(name: str) -> Path:
    """Where a compiled template is, below the repository."""
    return (COMPILED / f"{name}.json").relative_to(ROOT)


def template_hash(template: Json) -> str:
    """The compiler's own hash of an ARM template; a module has it wherever it is used."""
    return str(template["metadata"]["_generator"]["templateHash"])


def sources() -> Json:
    """The version of the compiler and the SHA-256 of every file that the rest is made from."""
    files = [*INFRA.rglob("*.bicep"), INFRA / "roles.json"]
    files += [*DEPLOYMENTS.glob("*.bicepparam"), *REFUSED.glob("*.bicepparam")]
    return {
        "compiler": VERSION,
        "files": {
            file.relative_to(ROOT).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in sorted(files)
        },
    }


def main() -> int:
    """Write everything; 1 with one message where that is not possible."""
    compiler = find_compiler()
    if compiler is None or compiler.version != VERSION:
        print(f"snapshots: Bicep {VERSION} is needed; set BICEP to it", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        try:
            documents = made(compiler, copied(Path(folder) / "copy"))
        except BicepFailed as error:
            print(f"snapshots: {error}", file=sys.stderr)
            return 1
    for path, document in documents.items():
        (ROOT / path).write_text(canonical(document), "utf-8")
    SOURCES.write_text(canonical(sources()), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
