"""This service's pipeline, under the same protocol as the peers."""

from __future__ import annotations

from shared.vision.analyzer import FaceAnalyzer, load_analyzer
from tools.measure.speed.peers.programs.rounds import Pipeline, serve


def pipeline(analyzer: FaceAnalyzer) -> Pipeline:
    """One pipeline; all threads share an analyzer, as in the service."""

    def run(content: bytes) -> int:
        image = analyzer.decode(content)
        return len(analyzer.embed(image, analyzer.detect(image)))

    return run


if __name__ == "__main__":
    shared_pipeline = pipeline(load_analyzer())
    serve(lambda: shared_pipeline)
