"""A cohort of an enrolled group: from enrolment to a deletion that verify heeds at once."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from lineament.run import run
from tests.doubles.identifiers import new_id
from tests.end_to_end.lineament.archive.lines import Line, exported, face, head, imported, person
from tests.end_to_end.service import RunningService
from tests.images import portrait
from tests.unit.gallery.made_up_faces import unit
from tests.unit.services.cohorts.crowded_people import DIMENSION, crowd

GROUP = "largepersongroups/people"
LIKENESS = 0.55
"""Cosine of each of a few persons with the portrait that is verified."""

Vector = NDArray[np.float32]


def test_a_person_deleted_from_the_group_of_a_cohort_is_in_no_later_verification(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "cohort.json"
    data = tmp_path / "service"
    data.mkdir()
    with RunningService(data) as service:
        pair = [
            service.faces(portrait(name).read_bytes(), recognitionModel="recognition_04")[0]
            for name in ("person_a_1", "person_a_2")
        ]
        raw = _confidence(service, pair)
        similar = _similar_to(_embedding(service), 11)
        similar_ids = _enrol(service, [*crowd().faces.vectors[::2], *similar])[-len(similar) :]
        monkeypatch.setenv("LINEAMENT_ENDPOINT", service.url)
        monkeypatch.setenv("LINEAMENT_KEY", service.key)
        assert run(["cohort", GROUP, str(file)]) == 0
    _check_bytes(file, similar)
    with RunningService(data, {"FACE_COHORT": str(file)}) as service:
        before = _confidence(service, pair)
        assert before < raw - 0.05
        first, *others = similar_ids
        service.ok("DELETE", f"{GROUP}/persons/{first}")
        after = _confidence(service, pair)
        assert before < after < raw
        for one in others:
            service.ok("DELETE", f"{GROUP}/persons/{one}")
        assert _confidence(service, pair) == raw


def _confidence(service: RunningService, pair: Sequence[str]) -> float:
    confidence: float = service.ok("POST", "verify", {"faceId1": pair[0], "faceId2": pair[1]})[
        "confidence"
    ]
    return confidence


def _embedding(service: RunningService) -> Vector:
    """Of the portrait, as an archive has it."""
    path = "largepersongroups/portrait"
    service.ok("PUT", path, {"name": "portrait", "recognitionModel": "recognition_04"})
    person_id = service.ok("POST", f"{path}/persons", {"name": "A"})["personId"]
    image = portrait("person_a_1").read_bytes()
    service.ok("POST", f"{path}/persons/{person_id}/persistedfaces", image=image)
    (content,) = (
        line["embedding"]
        for line in exported(service, path, embeddings="true")
        if line["type"] == "face"
    )
    return np.frombuffer(base64.b64decode(content), "<f4")


def _similar_to(vector: Vector, count: int) -> list[Vector]:
    """Faces that resemble one face, and one another no more than that."""
    noise = np.random.default_rng(3).standard_normal((count, DIMENSION), dtype=np.float32)
    across = unit(noise - np.outer(noise @ vector, vector).astype(np.float32))
    return list(LIKENESS * vector + np.float32(np.sqrt(1 - LIKENESS**2)) * across)


def _enrol(service: RunningService, vectors: Sequence[Vector]) -> list[str]:
    """Import a person for each face; the personIds."""
    lines: list[Line] = [head(collection=GROUP)]
    person_ids = [new_id() for _ in vectors]
    for person_id, vector in zip(person_ids, vectors, strict=True):
        content = base64.b64encode(vector.astype("<f4").tobytes()).decode()
        lines += [person(person_id), face(personId=person_id, embedding=content)]
    imported(service, GROUP, lines)
    return person_ids


def _check_bytes(file: Path, vectors: Sequence[Vector]) -> None:
    """The file holds no embedding, neither as bytes nor as text."""
    content = file.read_bytes()
    assert json.loads(content)["embeddings"] == ""
    for vector in vectors:
        stored = vector.astype("<f4").tobytes()
        assert stored[:16] not in content
        assert base64.b64encode(stored)[:16] not in content
