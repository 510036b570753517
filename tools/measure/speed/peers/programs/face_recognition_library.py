"""The face_recognition package on dlib: HOG detector, five points, ResNet."""

from __future__ import annotations

import io
import threading

import face_recognition  # type: ignore[import-not-found, unused-ignore]  # as in opencv.py

from tools.measure.speed.peers.programs.rounds import Look, serve

_ONE_AT_A_TIME = threading.Lock()
"""The package has one set of models for all threads, and dlib's may not be used at once."""


def open_eyes() -> Look:
    """The package keeps its models itself."""

    def look(content: bytes) -> int:
        picture = face_recognition.load_image_file(io.BytesIO(content))
        with _ONE_AT_A_TIME:
            places = face_recognition.face_locations(picture)
            return len(face_recognition.face_encodings(picture, places, model="small"))

    return look


if __name__ == "__main__":
    serve(open_eyes)
