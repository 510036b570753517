"""The face_recognition package on dlib: HOG detector, five points, ResNet."""

from __future__ import annotations

import io
import threading

import face_recognition  # type: ignore[import-not-found, unused-ignore]  # as in opencv.py

from tools.measure.speed.peers.programs.rounds import Pipeline, serve

_ONE_AT_A_TIME = threading.Lock()
"""The package shares its models between threads, and dlib's are not thread-safe."""


def load_pipeline() -> Pipeline:
    """Return the pipeline; the package loads its models itself."""

    def run(content: bytes) -> int:
        image = face_recognition.load_image_file(io.BytesIO(content))
        with _ONE_AT_A_TIME:
            places = face_recognition.face_locations(image)
            return len(face_recognition.face_encodings(image, places, model="small"))

    return run


if __name__ == "__main__":
    serve(load_pipeline)
