"""The face_recognition package on dlib: HOG detector, five points, ResNet."""

from __future__ import annotations

import io
import threading

import face_recognition  # type: ignore[import-not-found, unused-ignore]  # as in opencv.py

from tools.measure.speed.peers.programs.rounds import Pipeline, serve

_ONE_AT_A_TIME = threading.Lock()
"""The package has one set of models for all threads, and dlib's may not be used at once."""


def load_pipeline() -> Pipeline:
    """The package keeps its models itself."""

    def run(content: bytes) -> int:
        image = face_recognition.load_image_file(io.BytesIO(content))
        with _ONE_AT_A_TIME:
            places = face_recognition.face_locations(image)
            return len(face_recognition.face_encodings(image, places, model="small"))

    return run


if __name__ == "__main__":
    serve(load_pipeline)
