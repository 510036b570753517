"""Measures the value ranges of a recognition model's heavy layers: `python -m tools.train.ranges`.

Reads folders of images and prints the `ranges` of models.toml. A range is the mean, over all faces,
of each face's minimum and maximum. This excludes single outliers and keeps embeddings closer to
those of float32 than the outermost values would.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from shared.domain.models import Precision
from shared.vision.analyzer import load_analyzer
from shared.vision.runtime.manifest import Task, load_manifest, read_verified
from shared.vision.runtime.sessions import build_session
from tools.build.graph import drop_unused_initializers
from tools.build.quantise import fold_batch_norms, heavy_layers

_DIGITS = 4


def main(folders: list[str]) -> int:
    """Print the ranges.

    Returns:
        The exit code.
    """
    entry = load_manifest().first(Task.RECOGNITION)
    model = onnx.load_model_from_string(read_verified(entry))
    fold_batch_norms(model.graph)
    drop_unused_initializers(model.graph)
    layers = [(node.output[0], _measured(node)) for node in heavy_layers(model.graph)]
    names = list(dict.fromkeys(name for _, seen in layers for name in seen))
    del model.graph.output[:]
    model.graph.output.extend(
        helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names
    )
    session = build_session(model.SerializeToString())
    extremes = []
    for face in _faces(folders):
        answers = session.run(names, {entry.input_name: face})
        extremes.append([(answer.min(), answer.max()) for answer in answers])
    print(f"# {len(extremes)} faces", file=sys.stderr)
    ranges = dict(zip(names, np.mean(extremes, axis=0).tolist(), strict=True))
    for layer, seen in layers:
        figures = ", ".join(f"{bound:.{_DIGITS}g}" for name in seen for bound in ranges[name])
        print(f"{layer} = [{figures}]")
    return 0


def _measured(layer: onnx.NodeProto) -> list[str]:
    """The names of the values whose ranges a layer needs."""
    return [layer.input[0], layer.output[0]] if layer.op_type == "Conv" else [layer.input[0]]


def _faces(folders: list[str]) -> Iterator[NDArray[np.float32]]:
    analyzer = load_analyzer(precision=Precision.FLOAT32)
    for folder in folders:
        for path in sorted(Path(folder).glob("*.jpg")):
            image = analyzer.decode(path.read_bytes())
            for detection in analyzer.detect(image):
                crop = analyzer.aligned(image, detection)
                yield crop.transpose(2, 0, 1)[np.newaxis].astype(np.float32)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
