"""Speed of recognition: decode, detect, align and embed, on one thread."""

from __future__ import annotations

import statistics
import time

from shared.domain.face.attributes import Attribute
from shared.vision.analyzer import FaceAnalyzer, load_analyzer
from tools.measure.speed.images import sample_images
from tools.measure.speed.result import Result

_MILLISECONDS = 1000.0


def measure(*, rounds: int) -> list[Result]:
    """Process every sample image several times.

    Args:
        rounds: number of repetitions; the fastest of each image counts, because other load on the
            machine only adds time.
    """
    analyzer = load_analyzer()
    analyzer.probe()
    origin, images = sample_images()
    detect, total, faces = [], [], 0
    attributes: list[float] = []
    for content in images:
        timings = [_look(analyzer, content) for _ in range(rounds)]
        detect.append(min(timing[0] for timing in timings))
        total.append(min(timing[1] for timing in timings))
        faces += timings[0][2]
        attributes += _describe(analyzer, content, rounds)
    how = f"{len(images)} images, {faces} faces of {origin}, best of {rounds}, 1 thread"
    return [
        Result("decode_and_detect_ms", statistics.median(detect) * _MILLISECONDS, "ms", how),
        Result("detect_and_embed_ms", statistics.median(total) * _MILLISECONDS, "ms", how),
        Result(
            "all_attributes_ms_per_face",
            statistics.median(attributes) * _MILLISECONDS,
            "ms",
            f"landmarks and every attribute, beside detection and embedding; {how}",
        ),
        Result("faces_per_second", faces / sum(total), "1/s", how),
    ]


def _look(analyzer: FaceAnalyzer, content: bytes) -> tuple[float, float, int]:
    """Seconds until the faces were found, seconds until they were embedded, and their number."""
    started = time.perf_counter()
    image = analyzer.decode(content)
    detections = analyzer.detect(image)
    found = time.perf_counter()
    analyzer.embed(image, detections)
    return found - started, time.perf_counter() - started, len(detections)


def _describe(analyzer: FaceAnalyzer, content: bytes, rounds: int) -> list[float]:
    """The shortest time of landmarks and all attributes, in seconds for each face."""
    image = analyzer.decode(content)
    fastest = []
    for face in analyzer.detect(image):
        timings = []
        for _ in range(rounds):
            started = time.perf_counter()
            analyzer.describe(image, [face], tuple(Attribute), landmarks=True)
            timings.append(time.perf_counter() - started)
        fastest.append(min(timings))
    return fastest
