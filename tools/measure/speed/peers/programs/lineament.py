"""Ourselves, in the same conversation as the peers."""

from __future__ import annotations

from shared.vision.analyzer import FaceAnalyzer, load_analyzer
from tools.measure.speed.peers.programs.rounds import Look, serve


def eyes(analyzer: FaceAnalyzer) -> Look:
    """All threads share one analyzer, as in the service."""

    def look(content: bytes) -> int:
        image = analyzer.decode(content)
        return len(analyzer.embed(image, analyzer.detect(image)))

    return look


if __name__ == "__main__":
    shared_look = eyes(load_analyzer())
    serve(lambda: shared_look)
