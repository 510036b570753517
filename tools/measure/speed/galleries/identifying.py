"""Duration of identify over HTTP, from the request to the candidates."""

from __future__ import annotations

import statistics
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shared.domain.clock import SystemClock
from shared.domain.face.geometry import Rectangle
from shared.domain.models import DEFAULT_RECOGNITION_MODEL
from shared.domain.values import DetectedFace, Embedding
from shared.storage.layout import FACES
from shared.storage.records.detected_faces import DetectedFaces
from tools.measure.speed.galleries.gallery_site import KEY, Client, label, open_store
from tools.measure.speed.galleries.made_up_gallery import Gallery
from tools.measure.speed.requests import running_service
from tools.measure.speed.result import Result


def measure(data: Path, gallery: Gallery, *, requests: int) -> list[Result]:
    """Identify generated faces, stored as detect stores them, one after another."""
    owners, vectors = gallery.probes(requests)
    face_ids = _store(data, gallery, vectors)
    timings, right = [], 0
    with running_service(data) as address:
        client = Client(address)
        for face_id, owner in zip(face_ids, owners, strict=True):
            body = {"faceIds": [face_id], KEY.kind.id_name: KEY.collection_id}
            started = time.perf_counter()
            (answer,) = client.call("POST", "identify", body)
            timings.append(time.perf_counter() - started)
            right += [one["personId"] for one in answer["candidates"][:1]] == [owner]
        client.close()
    size = label(gallery.faces)
    how = f"POST identify of one faceId, {gallery.faces} faces, one client, after the first one"
    return [
        Result(f"identify_http_{size}_p50_ms", statistics.median(timings[1:]) * 1000, "ms", how),
        Result(f"identify_http_{size}_min_ms", min(timings[1:]) * 1000, "ms", how),
        Result(
            f"identify_http_{size}_first_ms",
            timings[0] * 1000,
            "ms",
            "the first one: the snapshot is fetched, checked and opened",
        ),
        Result(f"identify_http_{size}_right", right / requests, "", "the right person comes first"),
    ]


def _store(data: Path, gallery: Gallery, vectors: NDArray[np.float32]) -> list[str]:
    """Write detected faces and return their ids."""
    face_ids = [str(uuid.uuid4()) for _ in vectors]
    expires = datetime.now(UTC) + timedelta(hours=1)
    with open_store(data) as store:
        faces = DetectedFaces(store.container(FACES), SystemClock())
        faces.add(
            [
                DetectedFace(
                    face_id,
                    Rectangle(10, 10, 100, 100),
                    Embedding(vector, gallery.model),
                    DEFAULT_RECOGNITION_MODEL,
                    "detection_03",
                    expires,
                )
                for face_id, vector in zip(face_ids, vectors, strict=True)
            ]
        )
    return face_ids
