"""OpenCV's FaceDetectorYN and FaceRecognizerSF: photographs, detector file, recogniser file."""

from __future__ import annotations

import sys

import cv2  # type: ignore[import-not-found, unused-ignore]  # only in the peer's environment
import numpy as np

from tools.measure.speed.peers.programs.rounds import Look, serve

SCORE_THRESHOLD, OVERLAP_THRESHOLD, MOST = 0.6, 0.3, 5000


def open_eyes() -> Look:
    """Load both models."""
    detector = cv2.FaceDetectorYN.create(
        sys.argv[2], "", (320, 320), SCORE_THRESHOLD, OVERLAP_THRESHOLD, MOST
    )
    recogniser = cv2.FaceRecognizerSF.create(sys.argv[3], "")

    def look(content: bytes) -> int:
        picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
        detector.setInputSize((picture.shape[1], picture.shape[0]))
        _, faces = detector.detect(picture)
        for face in () if faces is None else faces:
            recogniser.feature(recogniser.alignCrop(picture, face))
        return 0 if faces is None else len(faces)

    return look


if __name__ == "__main__":
    cv2.setNumThreads(1)
    serve(open_eyes)
