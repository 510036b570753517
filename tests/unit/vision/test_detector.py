from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from shared.domain.face.geometry import Rectangle
from shared.domain.values import Detection
from shared.vision.analyzer import FaceAnalyzer, load_analyzer
from shared.vision.candidates import OUTPUTS, STRIDES
from shared.vision.detector import Detector
from shared.vision.images import Image
from shared.vision.runtime.manifest import Manifest, Task, load_manifest
from shared.vision.runtime.sessions import Sessions
from tests.images import portrait

PORTRAITS = ("person_a_1", "person_a_2", "person_b_1", "person_b_2", "impostor_1", "impostor_2")


def _pillow(image: Image) -> PIL.Image.Image:
    return PIL.Image.fromarray(image.pixels)


def _image(image: PIL.Image.Image) -> Image:
    return Image(np.ascontiguousarray(np.asarray(image)))


def _portrait(analyzer: FaceAnalyzer, name: str) -> tuple[Image, Rectangle]:
    image = analyzer.decode(portrait(name).read_bytes())
    (face,) = analyzer.detect(image)
    return image, face.rectangle


def _resized(image: PIL.Image.Image, factor: float) -> PIL.Image.Image:
    size = (round(image.width * factor), round(image.height * factor))
    return image.resize(size, PIL.Image.Resampling.BICUBIC, reducing_gap=3.0)


def _scaled(rectangle: Rectangle, factor: float, left: int = 0, top: int = 0) -> Rectangle:
    return Rectangle(
        round(rectangle.left * factor) + left,
        round(rectangle.top * factor) + top,
        round(rectangle.width * factor),
        round(rectangle.height * factor),
    )


def _detector(*, minimum: int = 36, maximum: int = 100) -> Detector:
    entry = load_manifest().first(Task.DETECTION)
    session = Sessions().session(entry)
    return Detector(session, entry, minimum_face=minimum, maximum_faces=maximum)


@pytest.mark.parametrize("name", PORTRAITS)
def test_a_portrait_shows_one_face_with_its_points_in_order(
    analyzer: FaceAnalyzer, name: str
) -> None:
    (face,) = analyzer.detect(analyzer.decode(portrait(name).read_bytes()))
    points = face.points
    assert face.score > 0.8
    assert points.eye_left.x < points.nose_tip.x < points.eye_right.x
    assert points.mouth_left.x < points.mouth_right.x
    assert max(points.eye_left.y, points.eye_right.y) < points.nose_tip.y
    assert points.nose_tip.y < min(points.mouth_left.y, points.mouth_right.y)
    for point in (points.eye_left, points.mouth_right):
        assert face.rectangle.left < point.x < face.rectangle.right
        assert face.rectangle.top < point.y < face.rectangle.bottom


@pytest.mark.parametrize("name", PORTRAITS)
@pytest.mark.parametrize("size", [(1_920, 1_080), (1_080, 1_920)])
@pytest.mark.parametrize("place", [(3, 2), (957, 431)])
def test_a_face_36_pixels_wide_in_full_hd_is_found(
    analyzer: FaceAnalyzer, name: str, size: tuple[int, int], place: tuple[int, int]
) -> None:
    image, rectangle = _portrait(analyzer, name)
    factor = 36 / rectangle.width
    scene = PIL.Image.new("RGB", size, (96, 108, 120))
    scene.paste(_resized(_pillow(image), factor), place)
    (face,) = analyzer.detect(_image(scene))
    assert face.rectangle.overlap(_scaled(rectangle, factor, *place)) > 0.5


@pytest.mark.parametrize("name", PORTRAITS)
@pytest.mark.parametrize("height", [700, 950, 1_300, 2_200])
def test_a_huge_face_is_found_once_and_whole(
    analyzer: FaceAnalyzer, name: str, height: int
) -> None:
    image, rectangle = _portrait(analyzer, name)
    factor = height / rectangle.height
    (face,) = analyzer.detect(_image(_resized(_pillow(image), factor)))
    assert face.rectangle.overlap(_scaled(rectangle, factor)) > 0.6


@pytest.mark.parametrize("name", PORTRAITS)
@pytest.mark.parametrize("height", [60, 150, 480, 640, 960, 1_600])
@pytest.mark.parametrize("cut", [0.0, 0.1])
def test_a_face_that_fills_the_image_is_found_whatever_its_size(
    analyzer: FaceAnalyzer, name: str, height: int, cut: float
) -> None:
    image, box = _portrait(analyzer, name)
    inset = (round(box.width * cut), round(box.height * cut))
    tight = _pillow(image).crop(
        (box.left + inset[0], box.top + inset[1], box.right - inset[0], box.bottom - inset[1])
    )
    (face,) = analyzer.detect(_image(_resized(tight, height / tight.height)))
    assert face.rectangle.height > 0.7 * height


def test_a_sheet_of_120_faces_gives_the_100_largest_first(analyzer: FaceAnalyzer) -> None:
    image, box = _portrait(analyzer, "person_b_1")
    head = _pillow(image).crop((box.left - 40, box.top - 60, box.right + 40, box.bottom + 40))
    sheet = PIL.Image.new("RGB", (1_920, 1_080), (96, 108, 120))
    for number in range(120):
        width = 100 + number % 15
        column, row = number % 15, number // 15
        sheet.paste(_resized(head, width / head.width), (column * 127, row * 135))
    everything = _detector(maximum=1_000).detect(_image(sheet))
    assert len(everything) == 120
    faces = analyzer.detect(_image(sheet))
    assert len(faces) == 100
    areas = [face.rectangle.area for face in faces]
    assert areas == sorted(areas, reverse=True)
    assert areas == [face.rectangle.area for face in everything[:100]]


@pytest.mark.parametrize(("minimum", "found"), [(20, 1), (60, 0)])
def test_the_minimum_face_is_a_parameter(analyzer: FaceAnalyzer, minimum: int, found: int) -> None:
    image, box = _portrait(analyzer, "person_b_2")
    scene = PIL.Image.new("RGB", (800, 600), (96, 108, 120))
    scene.paste(_resized(_pillow(image), 34 / box.width), (100, 100))
    assert len(_detector(minimum=minimum).detect(_image(scene))) == found


def test_the_minimum_face_grows_with_images_beyond_full_hd(analyzer: FaceAnalyzer) -> None:
    image, box = _portrait(analyzer, "person_b_2")
    scene = PIL.Image.new("RGB", (3_840, 2_160), (96, 108, 120))
    scene.paste(_resized(_pillow(image), 50 / box.height), (100, 100))
    scene.paste(_resized(_pillow(image), 90 / box.height), (2_000, 1_000))
    (face,) = analyzer.detect(_image(scene))
    assert face.rectangle.left > 1_900


@pytest.mark.parametrize("shape", [(1, 1), (1, 3_000), (3_000, 1), (31, 33), (500, 700)])
def test_an_image_without_a_face_has_none_whatever_its_shape(
    analyzer: FaceAnalyzer, shape: tuple[int, int]
) -> None:
    generator = np.random.default_rng(11)
    noise = generator.integers(0, 256, (*shape, 3), np.uint8)
    assert analyzer.detect(Image(noise)) == ()


def test_a_rectangle_never_leaves_the_pillow(analyzer: FaceAnalyzer) -> None:
    image, box = _portrait(analyzer, "person_a_2")
    third = box.width // 4
    cut = _pillow(image).crop((box.left + third, box.top + third, image.width, image.height))
    (face,) = analyzer.detect(_image(cut))
    assert face.rectangle.left == 0
    assert face.rectangle.top >= 0
    assert face.rectangle.right <= cut.width
    assert face.rectangle.bottom <= cut.height


class _Drawn:
    """A network that reports given cells, so that decoding can be checked by hand."""

    def __init__(self, cells: Mapping[tuple[int, int, int], tuple[float, list[float]]]) -> None:
        self._cells = cells
        self.shown_pixels: list[int] = []

    def run(
        self, outputs: Sequence[str] | None, feeds: Mapping[str, NDArray[np.float32]]
    ) -> list[NDArray[np.float32]]:
        (image,) = feeds.values()
        height, width = image.shape[2:]
        self.shown_pixels.append(height * width)
        answers: dict[str, NDArray[np.float32]] = {}
        for stride in STRIDES:
            cells = height // stride * (width // stride)
            for kind, size in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)):
                answers[f"{kind}_{stride}"] = np.zeros((1, cells, size), np.float32)
        for (stride, row, column), (score, box) in self._cells.items():
            cell = row * (width // stride) + column
            answers[f"cls_{stride}"][0, cell] = score
            answers[f"obj_{stride}"][0, cell] = score
            answers[f"bbox_{stride}"][0, cell] = box
            answers[f"kps_{stride}"][0, cell] = np.arange(10) / 10
        assert outputs == OUTPUTS
        return [answers[name] for name in outputs]


def _drawn(
    manifest: Manifest, cells: Mapping[tuple[int, int, int], tuple[float, list[float]]]
) -> tuple[Detection, ...]:
    detector = Detector(_Drawn(cells), manifest.first(Task.DETECTION), minimum_face=24)
    return detector.detect(Image(np.zeros((120, 200, 3), np.uint8)))


@pytest.mark.parametrize("faint", [0.0, 0.5])
@pytest.mark.parametrize(
    ("height", "width"),
    [(1_000_000, 1), (1, 1_000_000), (500_000, 32), (40, 100_000), (1_080, 1_920)],
)
def test_the_network_is_never_shown_more_than_full_hd_however_thin_the_image(
    manifest: Manifest, height: int, width: int, faint: float
) -> None:
    network = _Drawn({(32, 0, 0): (faint, [0.0, 0.0, 0.0, 0.0])})
    Detector(network, manifest.first(Task.DETECTION)).detect(
        Image(np.zeros((height, width, 3), np.uint8))
    )
    assert max(network.shown_pixels) <= 1_920 * 1_088


def test_a_cell_is_decoded_as_published(manifest: Manifest) -> None:
    # Stride 16, row 2, column 5: the centre is (5.5·16, 2.25·16), the size e^1·16 by e^1.5·16.
    (face,) = _drawn(manifest, {(16, 2, 5): (0.81, [0.5, 0.25, 1.0, 1.5])})
    assert face.rectangle == Rectangle(66, 0, 44, 72)
    assert face.score == pytest.approx(0.81)
    assert (face.points.eye_left.x, face.points.eye_left.y) == pytest.approx((80, 33.6))
    assert (face.points.mouth_right.x, face.points.mouth_right.y) == pytest.approx((92.8, 46.4))


def test_of_overlapping_boxes_the_surest_stays(manifest: Manifest) -> None:
    box = [0.5, 0.5, 1.0, 1.0]
    found = _drawn(
        manifest, {(16, 3, 3): (0.7, box), (16, 3, 4): (0.9, box), (16, 3, 9): (0.65, box)}
    )
    assert sorted(round(face.score, 2) for face in found) == [0.65, 0.9]


def test_what_is_not_sure_enough_is_no_face(manifest: Manifest) -> None:
    box = [0.5, 0.5, 1.0, 1.0]
    found = _drawn(manifest, {(16, 3, 3): (0.59, box), (16, 3, 9): (0.61, box)})
    assert len(found) == 1


@pytest.mark.parametrize(
    ("name", "faces"),
    [
        ("identification1.jpg", 4),
        ("test-image-person-group.jpg", 2),
        ("detection4.jpg", 3),
        ("detection5.jpg", 3),
        ("detection6.jpg", 2),
    ],
)
def test_every_face_in_the_sample_images_is_found(
    analyzer: FaceAnalyzer, data: Path, name: str, faces: int
) -> None:
    image = analyzer.decode((data / "faces" / name).read_bytes())
    assert len(analyzer.detect(image)) == faces


def test_every_sample_portrait_shows_one_face(analyzer: FaceAnalyzer, data: Path) -> None:
    paths = sorted((data / "faces").glob("Family*.jpg"))
    assert len(paths) == 16
    for path in paths:
        assert len(analyzer.detect(analyzer.decode(path.read_bytes()))) == 1, path


def test_a_crowd_is_found(analyzer: FaceAnalyzer, data: Path) -> None:
    image = analyzer.decode((data / "crowd" / "crowd-26-faces.jpg").read_bytes())
    assert len(analyzer.detect(image)) == 27  # one of them cut by the edge


def test_an_analyzer_is_loaded_with_a_smaller_minimum(analyzer: FaceAnalyzer, data: Path) -> None:
    image = analyzer.decode((data / "landmarks" / "2007_007763.jpg").read_bytes())
    assert len(analyzer.detect(image)) == 6
    assert len(load_analyzer(minimum_face=20).detect(image)) == 7


def test_tiny_faces_are_found_only_where_they_are_requested(analyzer: FaceAnalyzer) -> None:
    image, box = _portrait(analyzer, "person_b_1")
    scene = PIL.Image.new("RGB", (800, 600), (96, 108, 120))
    scene.paste(_resized(_pillow(image), 12 / box.height), (300, 200))
    assert analyzer.detect(_image(scene)) == ()
    (face,) = _detector(minimum=10).detect(_image(scene))
    assert 8 <= face.rectangle.height <= 17
    assert 300 <= face.rectangle.left <= 300 + 800 * 12 / box.height
