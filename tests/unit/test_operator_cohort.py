"""The cohort that FACE_COHORT names: found, checked, and applied to the model it was made for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from shared.composition.container import Container
from shared.domain.errors import InvalidCohort
from shared.services.cohorts.cohort_file import CohortFile, CohortStamp, encode_cohort
from tests.doubles.blobs import FolderBlobs
from tests.doubles.clocks import ManualClock
from tests.unit.services.cohorts.test_cohort_file import made

BUILT_IN = "sface_2021dec"
OWN_MODEL = {
    "FACE_MODEL_NAME": "own",
    "FACE_MODEL_FILE": "own.onnx",
    "FACE_MODEL_SHA256": "ab" * 32,
    "FACE_MODEL_CONFIDENCE": "0.3",
}
OWN = f"own-{'ab' * 6}"


def container(folder: Path, **settings: str) -> closing[Container]:
    """A container that is closed afterwards."""
    required = {
        "FACE_KEYS": "key",
        "FACE_DATA_DIR": str(folder),
        "FACE_PRECISION": "float32",
        "AzureWebJobsStorage": "UseDevelopmentStorage=true",
    }
    return closing(Container({**required, **settings}))


def cohort(model: str = BUILT_IN, same_cosine: float = 0.388) -> CohortFile:
    """A cohort of made-up faces without enrolled ones."""
    return replace(made(), stamp=CohortStamp(model, "float32", same_cosine), enrolled=())


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "cohort.json"
    path.write_bytes(encode_cohort(cohort()))
    yield path


def test_without_the_setting_cosines_are_used_as_they_are(tmp_path: Path) -> None:
    with container(tmp_path) as service:
        assert service.vision.cohorts == {}
        assert not service.vision.comparison.corrects(BUILT_IN)


def test_a_cohort_corrects_the_model_that_it_was_made_for(file: Path, tmp_path: Path) -> None:
    with container(tmp_path, FACE_COHORT=str(file), **OWN_MODEL) as service:
        assert service.vision.comparison.corrects(BUILT_IN)
        assert not service.vision.comparison.corrects(OWN)
        assert service.vision.comparison.correction(OWN) == ""
        digest = service.vision.comparison.correction(BUILT_IN)
    file.write_bytes(encode_cohort(replace(cohort(), created=cohort().created + timedelta(days=1))))
    with container(tmp_path, FACE_COHORT=str(file)) as service:
        assert service.vision.comparison.correction(BUILT_IN) not in ("", digest)


def test_a_cohort_may_be_that_of_the_operator_s_own_model(file: Path, tmp_path: Path) -> None:
    file.write_bytes(encode_cohort(cohort(OWN, 0.3)))
    with container(tmp_path, FACE_COHORT=str(file), **OWN_MODEL) as service:
        assert service.vision.comparison.corrects(OWN)
        assert not service.vision.comparison.corrects(BUILT_IN)
    calibrated = {**OWN_MODEL, "FACE_MODEL_CONFIDENCE": "0.35"}
    with (
        container(tmp_path, FACE_COHORT=str(file), **calibrated) as service,
        pytest.raises(InvalidCohort, match=r"cosine 0\.3; now it stands for 0\.35"),
    ):
        _ = service.vision.comparison


def test_a_cohort_may_be_a_blob(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path / "blobs", ManualClock())
    blobs.write("models", "cohort.json", encode_cohort(cohort()))
    with container(tmp_path, FACE_COHORT="blob:models/cohort.json") as service:
        service.storage.__dict__["blobs"] = blobs
        vectors = np.eye(8, dtype=np.float32)
        assert service.vision.cohorts[BUILT_IN].subtracted(vectors, vectors).shape == (8, 8)


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("nowhere.json", "FACE_COHORT nowhere.json: No such file"),
        ("blob:models/none.json", "FACE_COHORT: there is no blob none.json in models"),
    ],
)
def test_a_missing_file_is_named(name: str, complaint: str, tmp_path: Path) -> None:
    with container(tmp_path, FACE_COHORT=name) as service:
        service.storage.__dict__["blobs"] = FolderBlobs(tmp_path / "blobs", ManualClock())
        with pytest.raises(InvalidCohort, match=complaint):
            _ = service.vision.cohorts


def test_a_service_with_a_wrong_cohort_is_not_healthy_and_says_why(
    file: Path, tmp_path: Path
) -> None:
    file.write_bytes(encode_cohort(cohort("another")))
    with container(tmp_path, FACE_COHORT=str(file)) as service:
        answer = service.health.respond()
    assert answer.status == 503
    reason = json.loads(answer.body)["reason"]
    assert "was made for the model another, which this service does not run" in reason
