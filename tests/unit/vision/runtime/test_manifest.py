from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path

import pytest

from shared.domain.errors import InvalidModel
from shared.domain.models import LengthRule
from shared.vision.runtime.manifest import (
    MANIFEST_PATH,
    Manifest,
    PackageSource,
    Task,
    UrlSource,
    load_manifest,
    read_verified,
)


def test_the_committed_manifest_names_a_detector_and_a_recognition_model(
    manifest: Manifest,
) -> None:
    assert manifest.first(Task.DETECTION).name == "yunet_2023mar"
    recognition = manifest.first(Task.RECOGNITION)
    assert recognition.name == "sface_2021dec"
    assert recognition.dimension == 128
    assert recognition.input_shape == ("faces", 3, 112, 112)


def test_every_model_has_a_licence_and_a_package_as_its_first_source(manifest: Manifest) -> None:
    for entry in manifest.models:
        assert entry.licence in {"MIT", "Apache-2.0"}
        assert isinstance(entry.sources[0], PackageSource)
    for task in (Task.DETECTION, Task.RECOGNITION):
        assert isinstance(manifest.first(task).sources[1], UrlSource)


def test_an_unknown_model_is_refused_with_the_known_names(manifest: Manifest) -> None:
    with pytest.raises(InvalidModel, match="yunet_2023mar, sface_2021dec"):
        manifest.entry("arcface")


def test_a_missing_model_is_refused_with_the_command_that_makes_it(
    manifest: Manifest, tmp_path: Path
) -> None:
    with pytest.raises(InvalidModel, match="make models"):
        read_verified(manifest.models[0], tmp_path)


def test_another_file_under_the_model_s_name_is_refused(manifest: Manifest, tmp_path: Path) -> None:
    entry = manifest.models[0]
    (tmp_path / entry.file).write_bytes(b"something else")
    with pytest.raises(InvalidModel, match=r"(?s)expected 67ae9e0b.*make models"):
        read_verified(entry, tmp_path)


def test_the_very_file_is_read(manifest: Manifest, tmp_path: Path) -> None:
    entry = replace(manifest.models[0], sha256=hashlib.sha256(b"weights").hexdigest())
    (tmp_path / entry.file).write_bytes(b"weights")
    assert read_verified(entry, tmp_path) == b"weights"


@pytest.mark.parametrize(
    ("knots", "complaint"),
    [
        ("3", "must be a list"),
        ("[[0.5, 1e-3], [0.3, 1e-4]]", "must rise in confidence"),
        ("[[0.5, 1e-3], [0.5, 1e-4]]", "must rise in confidence"),
        ("[[0.3, 1e-4], [0.5, 1e-3]]", "fall in rate"),
        ("[[0.3, 1e-3], [0.5, 1e-3]]", "fall in rate"),
        ("[[0.3, 2.0], [0.5, 1e-3]]", "fall in rate"),
        ("[[0.3, 1e-2], [0.5, 0.0]]", "fall in rate"),
        ("[[0.3, nan]]", "fall in rate"),
        ("[[0.3]]", "not usable"),
        ('[["a", 1e-3]]', "not usable"),
    ],
)
def test_false_accept_rates_that_cannot_be_interpolated_are_refused(
    knots: str, complaint: str, tmp_path: Path
) -> None:
    text = MANIFEST_PATH.read_text(encoding="utf-8")
    changed = re.sub(r"(?m)^false_accepts = .*$", f"false_accepts = {knots}", text)
    assert changed != text
    path = tmp_path / "models.toml"
    path.write_text(changed, encoding="utf-8")
    with pytest.raises(InvalidModel, match=complaint):
        load_manifest(path)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("schema = 1", "schema = 2", "schema"),
        ('task = "detection"', 'task = "divination"', "divination"),
        ('kind = "wheel"', 'kind = "floppy"', "floppy"),
        ('url = "https://', 'url = "http://', "https"),
        ('file = "yunet', 'file = "../yunet', "plain file name"),
        ('sha256 = "6', 'sha256 = "X', "hexadecimal"),
        ('licence = "MIT"', "", "licence"),
        ('name = "yunet_2023mar"', "name = 3", "name"),
        ("[[models]]", "[[models", "not usable"),
        (
            "length = { weight = 0.01, typical = 12.0 }",
            "length = { weight = 0.01 }",
            "length must be a table",
        ),
    ],
)
def test_a_malformed_manifest_is_refused_by_the_name_of_its_fault(
    old: str, new: str, complaint: str, tmp_path: Path
) -> None:
    text = MANIFEST_PATH.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "models.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InvalidModel, match=complaint):
        load_manifest(path)


def test_a_fit_may_say_what_the_length_of_an_embedding_counts(tmp_path: Path) -> None:
    text = MANIFEST_PATH.read_text(encoding="utf-8")
    path = tmp_path / "models.toml"
    committed = "length = { weight = 0.01, typical = 12.0 }"
    assert committed in text
    path.write_text(text.replace(committed, "length = { weight = 0.02, typical = 11 }"), "utf-8")
    fit = load_manifest(path).first(Task.RECOGNITION).identification
    assert fit is not None
    assert fit.length == LengthRule(0.02, 11.0)
