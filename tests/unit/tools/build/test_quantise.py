"""Eight bits: what is rounded, by how much, and that the result stays close to float32."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from shared.domain.models import Precision
from shared.vision.analyzer import load_analyzer
from shared.vision.runtime.manifest import Manifest, Task
from tests.images import portrait
from tools.build import quantise

PERSON_A, PERSON_B = ("person_a_1", "person_a_2"), ("person_b_1", "person_b_2")
SAME = 0.363
"""OpenCV's threshold for one person."""


def drawn(*nodes: onnx.NodeProto, **weights: NDArray[np.float32]) -> onnx.GraphProto:
    return helper.make_graph(
        list(nodes),
        "layers",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 4, 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(values, name) for name, values in weights.items()],
    )


def run(graph: onnx.GraphProto, values: NDArray[np.float32]) -> NDArray[np.float32]:
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)])
    (answer,) = ReferenceEvaluator(model).run(None, {"x": values})
    return np.asarray(answer, np.float32)


def normalised_convolution(generator: np.random.Generator) -> onnx.GraphProto:
    def some(*shape: int) -> NDArray[np.float32]:
        return generator.standard_normal(shape, dtype=np.float32)

    return drawn(
        helper.make_node("Conv", ["x", "w"], ["c"], kernel_shape=[1, 1]),
        helper.make_node("BatchNormalization", ["c", "g", "b", "m", "v"], ["y"], epsilon=1e-3),
        w=some(5, 3, 1, 1),
        g=some(5),
        b=some(5),
        m=some(5),
        v=some(5) ** 2,
    )


def test_a_folded_normalisation_computes_the_same() -> None:
    generator = np.random.default_rng(1)
    graph, values = normalised_convolution(generator), generator.random((1, 3, 4, 4), np.float32)
    expected = run(graph, values)
    quantise.fold_batch_norms(graph)
    assert [node.op_type for node in graph.node] == ["Conv"]
    np.testing.assert_allclose(run(graph, values), expected, atol=1e-5)


def test_a_quantised_layer_errs_by_about_a_step_of_its_range() -> None:
    generator = np.random.default_rng(2)
    graph, values = normalised_convolution(generator), generator.random((1, 3, 4, 4), np.float32)
    expected = run(graph, values)
    least, greatest = float(expected.min()), float(expected.max())
    quantise.fold_batch_norms(graph)
    quantise.quantise(graph, {"y": [0, 1, least, greatest]})
    found = run(graph, values)
    assert not np.array_equal(found, expected)
    np.testing.assert_allclose(found, expected, atol=3 * (greatest - least) / 255)


def test_ranges_of_other_layers_are_refused() -> None:
    graph = normalised_convolution(np.random.default_rng(3))
    quantise.fold_batch_norms(graph)
    with pytest.raises(ValueError, match="heavy layers are y"):
        quantise.quantise(graph, {"z": [0, 1, 0, 1]})


@pytest.mark.parametrize(
    ("least", "greatest", "scale", "zero"),
    [(-1, 1.55, 0.01, 100), (0, 2.55, 0.01, 0), (1, 2.55, 0.01, 0), (-2.55, -1, 0.01, 255)],
)
def test_a_range_always_holds_zero_exactly(
    least: float, greatest: float, scale: float, zero: int
) -> None:
    found = quantise.scale_and_zero(least, greatest)
    assert found[0] == pytest.approx(scale)
    assert found[1] == zero


def test_a_channel_of_zeros_has_a_scale() -> None:
    weight = np.array([[0, 0], [127, -254]], np.float32)
    assert quantise.weight_scales(weight).tolist() == [1, 2]


def test_faces_of_both_builds_may_be_compared(manifest: Manifest) -> None:
    vectors = {}
    for precision in (Precision.FLOAT32, Precision.INT8):
        analyzer = load_analyzer(manifest=manifest, precision=precision)
        for name in (*PERSON_A, *PERSON_B):
            image = analyzer.decode(portrait(name).read_bytes())
            (embedding,) = analyzer.embed(image, analyzer.detect(image)[:1])
            assert embedding.model == manifest.first(Task.RECOGNITION).name
            vectors[name, precision] = embedding.vector
    for name in (*PERSON_A, *PERSON_B):
        exact, rounded = (
            vectors[name, precision] for precision in Precision if precision != "auto"
        )
        assert 0.98 < float(exact @ rounded) < 1
    for one, other in ((PERSON_A[0], PERSON_A[1]), (PERSON_B[0], PERSON_B[1])):
        assert float(vectors[one, Precision.FLOAT32] @ vectors[other, Precision.INT8]) > SAME
    strangers = vectors[PERSON_A[0], Precision.FLOAT32] @ vectors[PERSON_B[0], Precision.INT8]
    assert float(strangers) < SAME
