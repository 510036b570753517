"""The zip for Azure: its content, and that it serves without anything else."""

from __future__ import annotations

import fnmatch
import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from shared.domain.errors import InvalidModel
from shared.vision.runtime.manifest import load_manifest
from tests.images import portrait
from tools import package
from tools.package import MAXIMUM_BYTES, ROOT, build, packaged_files

pytestmark = pytest.mark.timeout(600)

SERVE = """
import json, os, sys
import azure.functions as func
from function_app import app

functions = {one.get_function_name(): one for one in app.get_functions()}

def call(name, method, body=b"", **headers):
    function = functions[name]
    request = func.HttpRequest(
        method=method, url=f"https://localhost/face/v1.2/{name}", params={}, body=body,
        headers=headers, route_params={"version": "v1.2"},
    )
    answer = function.get_user_function()(**{function.get_trigger().name: request})
    return {"status": answer.status_code, "body": json.loads(answer.get_body())}

octets = {"content-type": "application/octet-stream"}
key = {"ocp-apim-subscription-key": os.environ["FACE_KEYS"]}
image = sys.stdin.buffer.read()
answers = {
    "health": call("health", "GET"),
    "detect": call("detect", "POST", image, **octets, **key),
    "stranger": call("detect", "POST", image, **octets),
}
page = functions["zz_console__rest"]
request = func.HttpRequest(
    method="GET", url="https://localhost/console", params={}, body=b"", headers={}, route_params={}
)
answers["console"] = page.get_user_function()(req=request).get_body().decode()
known = ("local", "tools", "tests", "infra")
answers["present"] = [name for name in known if os.path.exists(name)]
answers["from"] = sorted({m.__file__ for m in sys.modules.values()
                          if getattr(m, "__name__", "").startswith(("shared", "functions"))
                          and getattr(m, "__file__", None)})
json.dump(answers, sys.stdout)
"""


@pytest.fixture(scope="module")
def zipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("package") / "lineament.zip"
    build(path)
    return path


@pytest.fixture(scope="module")
def deployed_python() -> Path:
    """A Python with requirements.txt and nothing else; created once for each list."""
    requirements = (ROOT / "requirements.txt").read_bytes()
    made_of = requirements + sys.version.encode()
    folder = ROOT / ".build" / f"deployed-{hashlib.sha256(made_of).hexdigest()[:12]}"
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--no-input"]
        subprocess.run([*install, "-r", str(ROOT / "requirements.txt")], check=True)
        (folder / "complete").touch()
    return python


def names(path: Path) -> set[str]:
    with zipfile.ZipFile(path) as package_file:
        return set(package_file.namelist())


def test_the_package_has_the_app_its_models_and_nothing_of_development(zipped: Path) -> None:
    found = names(zipped)
    top = {name.partition("/")[0] for name in found}
    assert top == {*package.FILES, *package.FOLDERS, "models"}
    models = {name for name in found if name.startswith("models/")}
    assert models == {f"models/{entry.file}" for entry in load_manifest().built}
    assert "shared/vision/runtime/models.toml" in found
    assert not [name for name in found if "__pycache__" in name or name.endswith(".pyc")]


def test_the_same_tree_gives_the_same_bytes(zipped: Path, tmp_path: Path) -> None:
    build(tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == zipped.read_bytes()


def test_the_package_is_small_enough_to_load_quickly(zipped: Path) -> None:
    assert zipped.stat().st_size <= MAXIMUM_BYTES


def test_a_package_that_is_too_big_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(package, "MAXIMUM_BYTES", 1000)
    assert package.main(["--output", str(tmp_path / "big.zip")]) == 1
    assert "more than 1,000" in capsys.readouterr().err


def test_a_package_without_its_models_is_not_built(tmp_path: Path) -> None:
    with pytest.raises(InvalidModel, match="make models"):
        build(tmp_path / "lineament.zip", root=tmp_path)


def test_azd_leaves_out_what_the_package_leaves_out() -> None:
    """`azd up` packs the folder by .funcignore, `make package` by its own list."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: the list of files is unknown")
    tracked = subprocess.run(
        [git, "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    models = [f"models/{entry.file}" for entry in load_manifest().built]
    kept = {name for name in (*tracked, *models) if (ROOT / name).is_file() and not ignored(name)}
    assert kept == {file.relative_to(ROOT).as_posix() for file in packaged_files()}


@pytest.mark.parametrize("name", [".venv/bin/python", ".local/x", "local.settings.json", "a.zip"])
def test_azd_leaves_out_what_git_does_not_see(name: str) -> None:
    assert ignored(name)


def test_an_unpacked_package_serves_without_anything_else(
    zipped: Path, deployed_python: Path, tmp_path: Path
) -> None:
    app, data = tmp_path / "app", tmp_path / "data"
    with zipfile.ZipFile(zipped) as package_file:
        package_file.extractall(app)
    served = subprocess.run(
        [str(deployed_python), "-c", SERVE],
        cwd=app,
        env={
            "FACE_KEYS": "0123456789abcdef",
            "FACE_DATA_DIR": str(data),
            "AzureWebJobsStorage": "UseDevelopmentStorage=true",
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        input=portrait("person_a_1").read_bytes(),
        capture_output=True,
    )
    assert served.returncode == 0, served.stderr.decode()
    answers = json.loads(served.stdout)
    assert answers["health"] == {"status": 200, "body": {"status": "healthy"}}
    assert answers["stranger"]["status"] == 401
    assert answers["detect"]["status"] == 200
    (face,) = answers["detect"]["body"]
    assert face["faceId"] and face["faceRectangle"]["width"] > 50
    assert "<title>Lineament console</title>" in answers["console"]
    assert answers["present"] == []
    assert answers["from"]
    assert all(Path(file).is_relative_to(app) for file in answers["from"])
    assert names(zipped) == {
        file.relative_to(app).as_posix() for file in app.rglob("*") if file.is_file()
    }


def ignored(name: str) -> bool:
    """Whether .funcignore excludes a file, for the patterns that it uses."""
    lines = (ROOT / ".funcignore").read_text("utf-8").splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    parts = name.split("/")
    return any(
        fnmatch.fnmatchcase(part, pattern.strip("/"))
        for pattern in patterns
        for depth, part in enumerate(parts)
        if (depth == 0 or not pattern.startswith("/"))
        and (depth < len(parts) - 1 or not pattern.endswith("/"))
    )
