"""Rewrites of an ONNX graph. Each preserves the function that the graph computes.

The published files hold their weights in 8 bits, quantised in blocks, and dequantise them on every
run. onnxruntime cannot run them unchanged: it requires SFace's 174 weights as inputs, and fails in
YuNet's DequantizeLinear. Folded once, offline, they are plain float32 models.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from tools.build.quantise import fold_batch_norms, quantise

_Message = TypeVar("_Message")

IR_VERSION = 10
"""The IR version of opset 21, which the published files state while they keep IR version 6."""


def build(
    published: bytes,
    input_name: str,
    input_shape: Sequence[int | str],
    ranges: Mapping[str, Sequence[float]] | None = None,
    bands: Mapping[str, int] | None = None,
) -> bytes:
    """Build the service's model from the published one. Deterministic: same input, same bytes.

    Args:
        published: a serialised ONNX model.
        input_name: the graph input to keep.
        input_shape: its dimensions; a name is a free dimension.
        ranges: of the heavy layers, for a model that computes them in eight bits; see `quantise`.
        bands: layers that get an output of horizontal bands, and rows in each; see `add_bands`.
    """
    model = onnx.load_model_from_string(published)
    fold_quantised_weights(model.graph)
    keep_input(model.graph, input_name, input_shape)
    if ranges:
        fold_batch_norms(model.graph)
        quantise(model.graph, ranges)
    rewrite_prelu(model.graph)
    add_bands(model.graph, bands or {})
    drop_unused_initializers(model.graph)
    model.ir_version = IR_VERSION
    model.producer_name = "lineament"
    model.producer_version = ""
    onnx.checker.check_model(model)
    return model.SerializeToString(deterministic=True)


def fold_quantised_weights(graph: onnx.GraphProto) -> None:
    """Replace each DequantizeLinear of an initializer, and the Reshape after it, by its result."""
    weights = {tensor.name: tensor for tensor in graph.initializer}
    kept: list[onnx.NodeProto] = []
    for node in graph.node:
        if node.op_type == "DequantizeLinear" and all(name in weights for name in node.input):
            quantised, scale, zero_point = (
                numpy_helper.to_array(weights[name]) for name in node.input
            )
            attributes = {attribute.name: attribute.i for attribute in node.attribute}
            folded = dequantise(
                quantised,
                scale,
                zero_point,
                axis=attributes.get("axis", 1),
                block_size=attributes.get("block_size", 0),
            )
        elif node.op_type == "Reshape" and all(name in weights for name in node.input):
            values, shape = (numpy_helper.to_array(weights[name]) for name in node.input)
            folded = values.reshape(shape)
        else:
            kept.append(node)
            continue
        weights[node.output[0]] = numpy_helper.from_array(folded, node.output[0])
    _replace(graph.node, kept)
    _replace(graph.initializer, list(weights.values()))


def dequantise(
    quantised: NDArray[np.generic],
    scale: NDArray[np.generic],
    zero_point: NDArray[np.generic],
    *,
    axis: int,
    block_size: int,
) -> NDArray[np.float32]:
    """(q - zero point) · scale, each scale serving `block_size` neighbours along the axis.

    The formula is that of ONNX's DequantizeLinear, opset 21, with the last block cut short where
    the axis is no multiple of the block.
    """
    scales = scale.astype(np.float32)
    zero_points = zero_point.astype(np.int32)
    if block_size:
        length = quantised.shape[axis]
        scales = np.repeat(scales, block_size, axis=axis).take(np.arange(length), axis=axis)
        zero_points = np.repeat(zero_points, block_size, axis).take(np.arange(length), axis=axis)
    difference = (quantised.astype(np.int32) - zero_points).astype(np.float32)
    return np.multiply(difference, scales, dtype=np.float32)


def rewrite_prelu(graph: onnx.GraphProto) -> None:
    """Replace PRelu, whose kernel in onnxruntime takes more time than the convolutions around it.

    For slopes a up to 1, PRelu(x) is Relu(x·(1 - a)) + x·a: onnxruntime runs the products as
    convolutions in its blocked layout, and the Relu as part of the first. For greater slopes it
    is Relu(x)·(1 - a) + x·a. This halves SFace's time.

    Where x is the output of a DequantizeLinear, PRelu(x) is the maximum of x and x·a, and x·a is
    dequantised with scales that include the slopes: two passes over the values instead of four.
    This reduces the time of SFace in eight bits by an eighth.
    """
    weights = {tensor.name: tensor for tensor in graph.initializer}
    producers = {name: node for node in graph.node for name in node.output}
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        if node.op_type != "PRelu" or node.input[1] not in weights:
            nodes.append(node)
            continue
        producer = producers.get(node.input[0])
        slopes = numpy_helper.to_array(weights[node.input[1]])
        if producer is not None and _is_greater_of_two(producer, slopes):
            nodes += _greater_of_two(node, slopes, producer, weights)
        else:
            nodes += _sum_of_two(node, slopes, weights)
    _replace(graph.node, nodes)
    _replace(graph.initializer, list(weights.values()))


def _is_greater_of_two(producer: onnx.NodeProto, slopes: NDArray[np.float32]) -> bool:
    return producer.op_type == "DequantizeLinear" and bool(slopes.max() <= 1)


def _sum_of_two(
    node: onnx.NodeProto, slopes: NDArray[np.float32], weights: dict[str, onnx.TensorProto]
) -> list[onnx.NodeProto]:
    """Relu(x·(1 - a)) + x·a, or Relu(x)·(1 - a) + x·a if some slopes are above 1."""
    source, slope = node.input
    result = node.output[0]
    rest = _stored(f"{slope}_rest", np.subtract(1, slopes, dtype=np.float32), weights)
    if slopes.max() > 1:
        bend = [
            helper.make_node("Relu", [source], [f"{result}_positive"]),
            helper.make_node("Mul", [f"{result}_positive", rest], [f"{result}_bent"]),
        ]
    else:
        bend = [
            helper.make_node("Mul", [source, rest], [f"{result}_rest"]),
            helper.make_node("Relu", [f"{result}_rest"], [f"{result}_bent"]),
        ]
    return [
        *bend,
        helper.make_node("Mul", [source, slope], [f"{result}_straight"]),
        helper.make_node("Add", [f"{result}_bent", f"{result}_straight"], [result]),
    ]


def _greater_of_two(
    node: onnx.NodeProto,
    slopes: NDArray[np.float32],
    dequantised: onnx.NodeProto,
    weights: dict[str, onnx.TensorProto],
) -> list[onnx.NodeProto]:
    """Max(x, x·a), the latter from the same quantised values as x."""
    quantised, scale, zero = dequantised.input
    result = node.output[0]
    one_scale = numpy_helper.to_array(weights[scale])
    zeros = np.full(slopes.size, numpy_helper.to_array(weights[zero]))
    scales = np.multiply(slopes.ravel(), one_scale, dtype=np.float32)
    inputs = [
        quantised,
        _stored(f"{result}_low_scale", scales, weights),
        _stored(f"{result}_low_zero", zeros, weights),
    ]
    return [
        helper.make_node("DequantizeLinear", inputs, [f"{result}_low"], axis=1),
        helper.make_node("Max", [node.input[0], f"{result}_low"], [result]),
    ]


def _stored(name: str, values: NDArray[np.generic], weights: dict[str, onnx.TensorProto]) -> str:
    weights[name] = numpy_helper.from_array(values, name)
    return name


def keep_input(graph: onnx.GraphProto, name: str, shape: Sequence[int | str]) -> None:
    """Keep one input, with free dimensions where the shape names them.

    Output shapes follow from the input's: their rank is kept, their dimensions are free. The
    recorded shapes of inner values are dropped, because they would contradict it.
    """
    if name not in {value.name for value in graph.input}:
        raise ValueError(f"The graph has no input {name!r}.")
    tensor = helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, list(shape))
    _replace(graph.input, [tensor])
    outputs = [
        helper.make_tensor_value_info(
            value.name,
            onnx.TensorProto.FLOAT,
            [f"{value.name}_{axis}" for axis in range(len(value.type.tensor_type.shape.dim))],
        )
        for value in graph.output
    ]
    _replace(graph.output, outputs)
    del graph.value_info[:]


def add_bands(graph: onnx.GraphProto, bands: Mapping[str, int]) -> None:
    """Add an output ``<layer>_bands`` of shape (n, channels, rows / bands' rows, 1) to layers.

    A pooling node reads the layer, which leaves onnxruntime's fusions as they are: the embedding
    stays the same to the bit, and a run takes less than a hundredth longer.

    Args:
        graph: whose layers have square outputs.
        bands: rows that are averaged together, by the layer's name.
    """
    for layer, rows in bands.items():
        width = _width(graph, layer)
        name = f"{layer}_bands"
        graph.node.append(
            helper.make_node(
                "AveragePool", [layer], [name], kernel_shape=[rows, width], strides=[rows, width]
            )
        )
        shape = [f"{name}_{axis}" for axis in range(4)]
        graph.output.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape))


def _width(graph: onnx.GraphProto, layer: str) -> int:
    """The width of a layer's output, by ONNX's shape inference."""
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)])
    for value in onnx.shape_inference.infer_shapes(model).graph.value_info:
        if value.name == layer:
            return int(value.type.tensor_type.shape.dim[3].dim_value)
    raise ValueError(f"The graph has no layer {layer!r}.")


def drop_unused_initializers(graph: onnx.GraphProto) -> None:
    """Remove initializers that no node reads."""
    used = {name for node in graph.node for name in node.input}
    _replace(graph.initializer, [tensor for tensor in graph.initializer if tensor.name in used])


class _Field(Protocol[_Message]):
    def __delitem__(self, index: slice, /) -> None: ...

    def extend(self, values: list[_Message], /) -> None: ...


def _replace(field: _Field[_Message], values: list[_Message]) -> None:
    del field[:]
    field.extend(values)
