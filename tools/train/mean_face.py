"""Fits the mean face for head pose: `python -m tools.train.mean_face FOLDER`.

The 68 points of many images of many people, and of their mirror images, are factored into rotations
and one rigid shape (Tomasi and Kanade, "Shape and motion from image streams under orthography",
1992): no 3-D data is needed. The committed table was computed from the 3,811 images of folds 1 to 5
of Labeled Faces in the Wild. Pitch is 0 at the median of those images.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shared.vision.analyzer import load_analyzer
from shared.vision.attributes.mean_face import MEAN_FACE_POINTS, MIRRORED

_OUTER_EYES = (36, 45)
_MOUTH_CORNERS = (48, 54)


def main(arguments: list[str] | None = None) -> int:
    """Print the table of shared/vision/attributes/mean_face.py.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(prog="python -m tools.train.mean_face", description=__doc__)
    parser.add_argument("folder", type=Path, help="images (*.jpg) with a person in the centre")
    folder: Path = parser.parse_args(arguments).folder
    shapes = _points_of(sorted(folder.glob("*.jpg")))
    print(f"mean face of {len(shapes)} images", file=sys.stderr)
    for index, place in zip(MEAN_FACE_POINTS, mean_face(shapes), strict=True):
        print(f"    {index}: ({', '.join(f'{number + 0.0:.3f}' for number in place.round(3))}),")
    return 0


def mean_face(shapes: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rigid shape seen in many views: (n, 3), right, down, into the image.

    Args:
        shapes: 68 points of each image, (images, 68, 2).
    """
    chosen = list(MEAN_FACE_POINTS)
    mirrored = shapes[:, list(MIRRORED)] * (-1.0, 1.0)
    views = np.concatenate([shapes, mirrored])[:, chosen]
    views = views - views.mean(axis=1, keepdims=True)
    views /= np.sqrt((views**2).sum(axis=(1, 2), keepdims=True))
    measured = views.transpose(0, 2, 1).reshape(-1, len(chosen))
    left, strengths, right = np.linalg.svd(measured, full_matrices=False)
    turns = left[:, :3] * strengths[:3]
    shape = np.linalg.inv(_metric(turns[0::2], turns[1::2])) @ right[:3]
    return _in_frame(shape, views[: len(shapes)])


def _metric(across: NDArray[np.float64], down: NDArray[np.float64]) -> NDArray[np.float64]:
    """The matrix Q for which each pair of rows of turns·Q is orthogonal and of equal length."""
    first, second = np.triu_indices(3)
    double = np.where(first == second, 0.5, 1.0)

    def products(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
        return (a[:, first] * b[:, second] + a[:, second] * b[:, first]) * double

    alike, apart = products(across, across) - products(down, down), products(across, down)
    length = (products(across, across) + products(down, down)).sum(axis=0, keepdims=True)
    wanted = np.zeros(2 * len(across) + 1)
    wanted[-1] = 2 * len(across)
    solved = np.linalg.lstsq(np.concatenate([alike, apart, length]), wanted, rcond=None)[0]
    square = np.zeros((3, 3))
    square[first, second] = square[second, first] = solved
    values, vectors = np.linalg.eigh(square)
    root: NDArray[np.float64] = vectors * np.sqrt(values)
    return root


def _in_frame(shape: NDArray[np.float64], views: NDArray[np.float64]) -> NDArray[np.float64]:
    """The shape, (3, n), as (n, 3): symmetric about x = 0, outer eyes 1 apart, median pitch 0."""
    places = {index: place for place, index in enumerate(MEAN_FACE_POINTS)}
    mirror = [places[MIRRORED[index]] for index in MEAN_FACE_POINTS]
    across = np.linalg.svd(shape - shape[:, mirror])[0][:, 0]
    eyes, mouth = (shape[:, [places[k] for k in pair]] for pair in (_OUTER_EYES, _MOUTH_CORNERS))
    if across @ (eyes[:, 1] - eyes[:, 0]) < 0:
        across = -across
    down = mouth.mean(axis=1) - eyes.mean(axis=1)
    down = down - across * (across @ down)
    down /= np.linalg.norm(down)
    framed = np.stack([across, down, np.cross(across, down)]) @ shape
    framed /= np.linalg.norm(framed[:, places[_OUTER_EYES[1]]] - framed[:, places[_OUTER_EYES[0]]])
    framed -= framed.mean(axis=1, keepdims=True)
    from_shape = np.linalg.pinv(framed)
    pitches = []
    for view in views:
        left, _, right = np.linalg.svd(view.T @ from_shape, full_matrices=False)
        into = np.cross(*(left @ right))
        pitches.append(np.arctan2(into[1], into[2]))
    # Rotates the shape by the median pitch, which then has the value 0.
    cosine, sine = np.cos(np.median(pitches)), np.sin(np.median(pitches))
    turn = np.array([[1.0, 0.0, 0.0], [0.0, cosine, sine], [0.0, -sine, cosine]])
    turned: NDArray[np.float64] = (turn.T @ framed).T
    return turned


def _points_of(paths: list[Path]) -> NDArray[np.float64]:
    analyzer = load_analyzer()
    shapes = []
    for path in paths:
        image = analyzer.decode(path.read_bytes())
        middle = (image.width / 2, image.height / 2)
        faces = analyzer.detect(image)
        if faces:
            face = min(
                faces,
                key=lambda face: (
                    abs(face.rectangle.left + face.rectangle.width / 2 - middle[0])
                    + abs(face.rectangle.top + face.rectangle.height / 2 - middle[1])
                ),
            )
            shapes.append(analyzer.points(image, face))
    return np.array(shapes)


if __name__ == "__main__":
    sys.exit(main())
