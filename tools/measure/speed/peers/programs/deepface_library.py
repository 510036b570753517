"""The deepface package with YuNet and SFace, from the folder of its weights."""

from __future__ import annotations

import threading

import cv2  # type: ignore[import-not-found, unused-ignore]  # as in opencv.py
import numpy as np
from deepface import DeepFace  # type: ignore[import-not-found, unused-ignore]  # as above

from tools.measure.speed.peers.programs.rounds import Pipeline, serve

_ONE_AT_A_TIME = threading.Lock()
"""The package shares its models between threads, and OpenCV's are not thread-safe."""


def load_pipeline() -> Pipeline:
    """Return the pipeline; the package loads its models itself."""

    def run(content: bytes) -> int:
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
        with _ONE_AT_A_TIME:
            found = DeepFace.represent(
                image, model_name="SFace", detector_backend="yunet", enforce_detection=False
            )
        return sum(1 for face in found if face.get("face_confidence", 0) > 0)

    return run


if __name__ == "__main__":
    cv2.setNumThreads(1)
    serve(load_pipeline)
