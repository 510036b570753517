"""The deepface package with YuNet and SFace, which are put where it looks for its weights."""

from __future__ import annotations

import threading

import cv2  # type: ignore[import-not-found, unused-ignore]  # as in opencv.py
import numpy as np
from deepface import DeepFace  # type: ignore[import-not-found, unused-ignore]  # as above

from tools.measure.speed.peers.programs.rounds import Look, serve

_ONE_AT_A_TIME = threading.Lock()
"""The package has one set of models for all threads, and OpenCV's may not be used at once."""


def open_eyes() -> Look:
    """The package keeps its models itself."""

    def look(content: bytes) -> int:
        picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
        with _ONE_AT_A_TIME:
            found = DeepFace.represent(
                picture, model_name="SFace", detector_backend="yunet", enforce_detection=False
            )
        return sum(1 for face in found if face.get("face_confidence", 0) > 0)

    return look


if __name__ == "__main__":
    cv2.setNumThreads(1)
    serve(open_eyes)
