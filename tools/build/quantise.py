"""Eight-bit arithmetic for the heavy layers of a recognition model.

The pointwise convolutions and the last, fully connected layer are nearly all of SFace's work and
weights. Their activations become uint8 and their weights int8 with a scale for each output channel,
as onnxruntime's kernels require; all else stays float32. The ranges of the activations are in the
manifest, measured by `tools.train.ranges`, so that a build needs no images.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

_STEPS = 255
_LARGEST_WEIGHT = 127


def fold_batch_norms(graph: onnx.GraphProto) -> None:
    """Fold the scale and shift of a batch normalisation into the convolution before it.

    With scale s = gamma / √(variance + epsilon) the weights are W · s and the bias is
    beta - mean · s, for each output channel. The result keeps the normalisation's name.
    """
    weights = {tensor.name: tensor for tensor in graph.initializer}
    readers = _readers(graph)
    folded: dict[str, onnx.NodeProto] = {}
    kept: list[onnx.NodeProto] = []
    for node in graph.node:
        if node.output[0] in folded:
            kept.append(folded[node.output[0]])
            continue
        after = readers.get(node.output[0], [])
        if node.op_type == "Conv" and len(node.input) == 2 and _only_normalised(after):
            conv = _folded(node, after[0], weights)
            folded[conv.output[0]] = conv
            continue
        kept.append(node)
    _rewrite(graph, kept, weights)


def heavy_layers(graph: onnx.GraphProto) -> Sequence[onnx.NodeProto]:
    """The 1 by 1 convolutions over all channels, and the fully connected layers."""
    weights = {tensor.name: tensor for tensor in graph.initializer}
    return [
        node
        for node in graph.node
        if node.op_type == "Gemm"
        or (
            node.op_type == "Conv"
            and list(weights[node.input[1]].dims[2:]) == [1, 1]
            and all(one.i == 1 for one in node.attribute if one.name == "group")
        )
    ]


def quantise(graph: onnx.GraphProto, ranges: Mapping[str, Sequence[float]]) -> None:
    """Quantise the heavy layers.

    Args:
        graph: its batch normalisations are folded.
        ranges: by the name of the layer's output: minimum and maximum of its input, and of its
            output where that is to be quantised as well, which convolutions need to run in eight
            bits.

    Raises:
        ValueError: the ranges are not those of the graph's heavy layers.
    """
    heavy = {node.output[0] for node in heavy_layers(graph)}
    if heavy != set(ranges):
        raise ValueError(f"The graph's heavy layers are {', '.join(sorted(heavy))}.")
    weights = {tensor.name: tensor for tensor in graph.initializer}
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        seen = ranges.get(node.output[0])
        nodes += [node] if seen is None else _quantised(node, seen, weights)
    _rewrite(graph, nodes, weights)


def scale_and_zero(least: float, greatest: float) -> tuple[np.float32, np.uint8]:
    """Scale and zero point of the uint8 values for a range, in which 0 is exact."""
    least, greatest = min(least, 0.0), max(greatest, 0.0)
    scale = (greatest - least) / _STEPS
    if scale == 0.0:
        raise ValueError("A range needs an extent.")
    return np.float32(scale), np.uint8(round(-least / scale))


def weight_scales(weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """The scale of int8 for each output channel (the first axis)."""
    largest = np.abs(weight).reshape(len(weight), -1).max(axis=1)
    scales: NDArray[np.float32] = np.where(largest > 0, largest / _LARGEST_WEIGHT, 1)
    return scales.astype(np.float32)


def _quantised(
    node: onnx.NodeProto, seen: Sequence[float], weights: dict[str, onnx.TensorProto]
) -> list[onnx.NodeProto]:
    """The nodes that replace one layer, with QuantizeLinear and DequantizeLinear around it."""
    source, weight_name, bias_name = node.input
    name = node.output[0]

    def stored(kind: str, values: NDArray[np.generic] | np.generic) -> str:
        weights[f"{name}_{kind}"] = numpy_helper.from_array(np.asarray(values), f"{name}_{kind}")
        return f"{name}_{kind}"

    def restored(kind: str, steps: NDArray[np.generic], scales: NDArray[np.float32]) -> str:
        zeros = np.zeros(len(scales), steps.dtype)
        given = [
            stored(kind, steps),
            stored(f"{kind}_scale", scales),
            stored(f"{kind}_zero", zeros),
        ]
        nodes.append(helper.make_node("DequantizeLinear", given, [f"{name}_{kind}_value"], axis=0))
        return f"{name}_{kind}_value"

    def rounded(kind: str, values: str, result: str, step: tuple[np.float32, np.uint8]) -> None:
        by = [stored(f"{kind}_scale", step[0]), stored(f"{kind}_zero", step[1])]
        nodes.append(helper.make_node("QuantizeLinear", [values, *by], [f"{name}_{kind}"]))
        nodes.append(helper.make_node("DequantizeLinear", [f"{name}_{kind}", *by], [result]))

    nodes: list[onnx.NodeProto] = []
    weight = numpy_helper.to_array(weights[weight_name]).astype(np.float32)
    bias = numpy_helper.to_array(weights[bias_name]).astype(np.float64)
    scales = weight_scales(weight)
    steps = np.rint(weight / scales.reshape(-1, *[1] * (weight.ndim - 1))).astype(np.int8)
    step = scale_and_zero(*seen[:2])
    products = (scales * step[0]).astype(np.float32)
    rounded("input", source, f"{name}_input_value", step)
    inputs = [
        f"{name}_input_value",
        restored("weight", steps, scales),
        restored("bias", np.rint(bias / products).astype(np.int32), products),
    ]
    layer = onnx.NodeProto()
    layer.CopyFrom(node)
    del layer.input[:]
    layer.input.extend(inputs)
    nodes.append(layer)
    if seen[2:]:
        layer.output[0] = f"{name}_exact"
        rounded("output", layer.output[0], name, scale_and_zero(*seen[2:]))
    return nodes


def _rewrite(
    graph: onnx.GraphProto,
    nodes: Sequence[onnx.NodeProto],
    weights: Mapping[str, onnx.TensorProto],
) -> None:
    # A protobuf field returns its own list: it is copied before the field is emptied.
    kept = [onnx.NodeProto.FromString(node.SerializeToString(deterministic=True)) for node in nodes]
    tensors = list(weights.values())
    del graph.node[:]
    graph.node.extend(kept)
    del graph.initializer[:]
    graph.initializer.extend(tensors)


def _folded(
    conv: onnx.NodeProto, norm: onnx.NodeProto, weights: dict[str, onnx.TensorProto]
) -> onnx.NodeProto:
    gamma, beta, mean, variance = (
        numpy_helper.to_array(weights[name]).astype(np.float64) for name in norm.input[1:5]
    )
    epsilon = next(one.f for one in norm.attribute if one.name == "epsilon")
    factor = gamma / np.sqrt(variance + epsilon)
    weight = numpy_helper.to_array(weights[conv.input[1]]).astype(np.float64)
    name = norm.output[0]
    weight_name, bias_name = f"{name}_weight", f"{name}_shift"
    for title, values in (
        (weight_name, weight * factor[:, None, None, None]),
        (bias_name, beta - mean * factor),
    ):
        weights[title] = numpy_helper.from_array(values.astype(np.float32), title)
    folded = onnx.NodeProto()
    folded.CopyFrom(conv)
    del folded.input[1:], folded.output[:]
    folded.input.extend([weight_name, bias_name])
    folded.output.append(name)
    return folded


def _only_normalised(readers: Sequence[onnx.NodeProto]) -> bool:
    return len(readers) == 1 and readers[0].op_type == "BatchNormalization"


def _readers(graph: onnx.GraphProto) -> dict[str, list[onnx.NodeProto]]:
    readers: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    return readers
