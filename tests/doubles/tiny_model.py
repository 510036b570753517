"""A recognition model of a few bytes, for tests of an operator's own model."""

from __future__ import annotations

import onnx
from onnx import TensorProto, helper

SIDE = 112


def tiny_model(*, side: int = SIDE, dimension: int = 3) -> bytes:
    """A network that returns the means of each channel.

    With dimension 4 it returns a constant 1 as well, with 48 the means of 16 parts of the face.
    """
    image = helper.make_tensor_value_info("face", TensorProto.FLOAT, ["n", 3, side, side])
    answer = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", dimension])
    part = side // 4 if dimension == 48 else side
    nodes = [
        helper.make_node(
            "AveragePool", ["face"], ["means"], kernel_shape=[part, part], strides=[part, part]
        ),
        helper.make_node("Flatten", ["means"], ["flat"]),
    ]
    if dimension != 4:
        nodes.append(helper.make_node("Identity", ["flat"], ["embedding"]))
    else:
        nodes.append(helper.make_node("Pad", ["flat", "pads", "one"], ["embedding"]))
    graph = helper.make_graph(
        nodes,
        "means",
        [image],
        [answer],
        [
            helper.make_tensor("pads", TensorProto.INT64, [4], [0, 0, 0, 1]),
            helper.make_tensor("one", TensorProto.FLOAT, [], [1.0]),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    content: bytes = model.SerializeToString()
    onnx.checker.check_model(onnx.load_from_string(content))
    return content
