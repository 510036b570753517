"""What covers a face, on portraits that fitted nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from shared.domain.errors import InvalidModel
from shared.domain.face.attributes import (
    AccessoryType,
    Attribute,
    FaceAttributes,
    Glasses,
    MaskType,
    Occlusion,
)
from shared.domain.models import Precision
from shared.vision.analyzer import FaceAnalyzer, load_analyzer
from shared.vision.attributes.occlusion import (
    PROBES,
    WEIGHTS_PATH,
    OcclusionEstimate,
    OcclusionProbes,
    load_occlusion_probes,
)
from shared.vision.images import Image
from tests.images import portrait
from tools.train.occlusion.painting import Painter

WORN = (Attribute.ACCESSORIES, Attribute.GLASSES, Attribute.MASK, Attribute.OCCLUSION)
NOTHING = OcclusionEstimate(0.1, 0.1, 0.1, 0.1, 0.9, 0.1, 0.1, 0.1)


@pytest.fixture(scope="module", params=[Precision.FLOAT32, Precision.INT8])
def analyzer(request: pytest.FixtureRequest) -> FaceAnalyzer:
    """One pair of weights serves both builds."""
    return load_analyzer(precision=request.param)


def _image(analyzer: FaceAnalyzer, name: str = "impostor_1") -> Image:
    return analyzer.decode(portrait(name).read_bytes())


def _described(analyzer: FaceAnalyzer, image: Image) -> FaceAttributes:
    face = analyzer.detect(image)[0]
    ((_, attributes),) = analyzer.describe(image, [face], WORN, landmarks=False)
    return attributes


def _painter(analyzer: FaceAnalyzer, image: Image) -> Painter:
    points = analyzer.points(image, analyzer.detect(image)[0])
    return Painter(image.pixels, points, np.random.default_rng(0), image.pixels)


def test_a_bare_face_wears_nothing(analyzer: FaceAnalyzer) -> None:
    found = _described(analyzer, _image(analyzer))
    assert found.glasses is Glasses.NONE
    assert found.accessories == ()
    assert found.mask is not None
    assert found.mask.type is MaskType.NONE
    assert found.occlusion == Occlusion(forehead=False, eye=False, mouth=False)


def test_a_mask_hides_nose_and_mouth(analyzer: FaceAnalyzer) -> None:
    image = _image(analyzer)
    masked = Image(_painter(analyzer, image).mask(below_nose=False).pixels)
    found = _described(analyzer, masked)
    assert found.mask is not None
    assert found.mask.type is MaskType.MASK
    assert found.mask.nose_and_mouth_covered
    assert found.occlusion is not None
    assert found.occlusion.mouth
    assert found.accessories is not None
    assert AccessoryType.MASK in {item.type for item in found.accessories}


def test_sunglasses_hide_the_eyes(analyzer: FaceAnalyzer) -> None:
    image = _image(analyzer)
    found = _described(analyzer, Image(_painter(analyzer, image).sunglasses().pixels))
    assert found.glasses is Glasses.SUN
    assert found.occlusion is not None
    assert found.occlusion.eye
    assert found.accessories is not None
    assert [item.type for item in found.accessories] == [AccessoryType.GLASSES]


def test_a_face_at_the_edge_wears_no_mask(analyzer: FaceAnalyzer) -> None:
    for name in ("impostor_1", "impostor_2", "person_a_1", "person_b_2"):
        image = _image(analyzer, name)
        (face,) = analyzer.detect(image)
        box = face.rectangle
        tight = PIL.Image.fromarray(image.pixels).crop(
            (box.left, box.top, box.right, box.bottom - box.height // 20)
        )
        found = _described(analyzer, Image(np.ascontiguousarray(np.asarray(tight))))
        assert found.mask is not None
        assert found.mask.type is MaskType.NONE, name


def test_attributes_with_an_embedding_are_those_without_one(analyzer: FaceAnalyzer) -> None:
    image = _image(analyzer)
    faces = analyzer.detect(image)
    (alone,) = analyzer.analyze(image, faces, embed=False, attributes=WORN)
    (together,) = analyzer.analyze(image, faces, embed=True, attributes=WORN)
    assert together.attributes == alone.attributes
    (embedding,) = analyzer.embed(image, faces)
    assert together.embedding is not None
    np.testing.assert_array_equal(together.embedding.vector, embedding.vector)


def test_what_hides_the_mouth_without_being_a_mask_is_another_occlusion() -> None:
    found = OcclusionEstimate(0.1, 0.1, 0.9, 0.2, 0.9, 0.1, 0.1, 0.1)
    assert found.worn_mask.type is MaskType.OTHER
    assert not found.worn_mask.nose_and_mouth_covered
    assert found.occlusion.mouth


def test_near_the_boundary_a_mask_is_uncertain() -> None:
    found = OcclusionEstimate(0.1, 0.1, 0.1, 0.4, 0.9, 0.1, 0.1, 0.1)
    assert found.worn_mask.type is MaskType.UNCERTAIN
    assert found.accessories == ()


def test_all_three_kinds_of_glasses_are_reported() -> None:
    assert NOTHING.worn_glasses is Glasses.NONE
    reading = OcclusionEstimate(0.1, 0.1, 0.1, 0.1, 0.9, 0.1, 0.9, 0.1)
    sun = OcclusionEstimate(0.1, 0.1, 0.1, 0.1, 0.9, 0.1, 0.9, 0.9)
    assert reading.worn_glasses is Glasses.READING
    assert not reading.occlusion.eye
    assert sun.worn_glasses is Glasses.SUN
    assert sun.occlusion.eye


def test_the_weights_take_less_than_100_kilobytes_and_fit_the_model(
    analyzer: FaceAnalyzer,
) -> None:
    assert WEIGHTS_PATH.stat().st_size < 100_000
    probes = load_occlusion_probes()
    assert probes.model == analyzer.embedding_model
    assert probes.weights.shape == (
        analyzer.bands(np.full((112, 112, 3), 127, np.uint8)).size,
        len(PROBES),
    )


def test_bands_of_another_model_are_refused() -> None:
    probes = OcclusionProbes(np.zeros((4, 8), np.float32), np.zeros(8, np.float32), "made-up")
    with pytest.raises(InvalidModel, match="read 4 bands, the model gives 3"):
        probes.estimate(np.zeros(3, np.float32))


def test_weights_that_are_no_weights_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "occlusion.npz"
    path.write_bytes(b"nothing")
    with pytest.raises(InvalidModel, match="not usable"):
        load_occlusion_probes(path)
