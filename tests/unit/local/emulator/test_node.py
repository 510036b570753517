"""Which Node is taken: the machine's where it is new enough and has npm, else the wheel's."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from local.emulator.node import find_node


def install(folder: Path, name: str, output: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\necho {output}\n")
    file.chmod(0o755)
    return file


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    return tmp_path / "bin"


def test_a_node_with_npm_is_used(bin_folder: Path) -> None:
    node = install(bin_folder, "node", "v20.1.0")
    npm = install(bin_folder, "npm", "10.0.0")
    found = find_node()
    assert found is not None
    assert (found.executable, found.npm) == (node, (str(npm),))


@pytest.mark.parametrize("version", ["v16.20.0", "nonsense"])
def test_an_old_or_broken_node_is_ignored(bin_folder: Path, version: str) -> None:
    install(bin_folder, "node", version)
    install(bin_folder, "npm", "8.0.0")
    assert find_node() is None


def test_a_node_without_npm_is_ignored(bin_folder: Path) -> None:
    install(bin_folder, "node", "v20.1.0")
    assert find_node() is None


def test_the_wheel_s_node_runs_without_the_npm_that_installed_it(
    tmp_path: Path, bin_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = install(tmp_path / "wheel" / "bin", "node", "v22.1.0")
    npm = install(tmp_path / "wheel" / "lib" / "node_modules" / "npm" / "bin", "npm-cli.js", "10")
    package = SimpleNamespace(origin=str(tmp_path / "wheel" / "__init__.py"))
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: package)
    found = find_node()
    assert found is not None
    assert (found.executable, found.npm) == (node, (str(node), str(npm)))
    assert Path(found.environment["npm_config_cache"]).is_relative_to(tmp_path / "wheel" / "lib")
    shutil.rmtree(tmp_path / "wheel" / "lib")
    found = find_node()
    assert found is not None
    assert (found.executable, found.npm) == (node, ())
