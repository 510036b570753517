"""OpenCV's FaceDetectorYN and FaceRecognizerSF.

Arguments: images, detector file, recogniser file.
"""

from __future__ import annotations

import sys

import cv2  # type: ignore[import-not-found, unused-ignore]  # only in the peer's environment
import numpy as np

from tools.measure.speed.peers.programs.rounds import Pipeline, serve

SCORE_THRESHOLD, OVERLAP_THRESHOLD, MOST = 0.6, 0.3, 5000


def load_pipeline() -> Pipeline:
    """Load both models."""
    detector = cv2.FaceDetectorYN.create(
        sys.argv[2], "", (320, 320), SCORE_THRESHOLD, OVERLAP_THRESHOLD, MOST
    )
    recogniser = cv2.FaceRecognizerSF.create(sys.argv[3], "")

    def run(content: bytes) -> int:
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
        detector.setInputSize((image.shape[1], image.shape[0]))
        _, faces = detector.detect(image)
        for face in () if faces is None else faces:
            recogniser.feature(recogniser.alignCrop(image, face))
        return 0 if faces is None else len(faces)

    return run


if __name__ == "__main__":
    cv2.setNumThreads(1)
    serve(load_pipeline)
