"""The folders of reference data outside the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import images
from tools.reference_data import WITHOUT_DATA, contract_folder, data_folder

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("value", [None, ""])
def test_without_a_variable_the_folders_are_beside_the_repository(
    monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    for name in ("DATA", "CONTRACT"):
        monkeypatch.delenv(name, raising=False) if value is None else monkeypatch.setenv(name, "")
    assert data_folder() == (ROOT.parent / "shared" / "data").resolve()
    assert contract_folder() == (ROOT.parent / "shared" / "contract" / "openapi").resolve()


def test_a_variable_names_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATA", str(tmp_path))
    monkeypatch.setenv("CONTRACT", "contract")
    assert data_folder() == images.reference_images() == tmp_path
    assert contract_folder() == ROOT / "contract"


def test_a_test_without_reference_photographs_is_skipped_and_says_what_to_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATA", str(tmp_path / "absent"))
    with pytest.raises(pytest.skip.Exception, match=WITHOUT_DATA):
        images.reference_images()
