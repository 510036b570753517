"""What covers a face, on portraits that the classifier was not trained on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shared.domain.errors import InvalidModel
from shared.domain.face.attributes import (
    AccessoryType,
    Attribute,
    FaceAttributes,
    Glasses,
    MaskType,
)
from shared.vision.analyzer import FaceAnalyzer
from shared.vision.attributes.coverings import Coverings, load_covering_classifier
from shared.vision.images import Image
from tests.images import portrait
from tools.train.coverings.painting import Painter

WORN = (Attribute.ACCESSORIES, Attribute.GLASSES, Attribute.MASK)


def _image(analyzer: FaceAnalyzer) -> Image:
    return analyzer.decode(portrait("impostor_1").read_bytes())


def _seen(analyzer: FaceAnalyzer, image: Image) -> FaceAttributes:
    face = analyzer.detect(image)[0]
    ((_, attributes),) = analyzer.describe(image, [face], WORN, landmarks=False)
    return attributes


def _painter(analyzer: FaceAnalyzer, image: Image) -> Painter:
    points = analyzer.points(image, analyzer.detect(image)[0])
    return Painter(image.pixels, points, np.random.default_rng(0), image.pixels)


def test_a_bare_face_wears_nothing(analyzer: FaceAnalyzer) -> None:
    seen = _seen(analyzer, _image(analyzer))
    assert seen.glasses is Glasses.NONE
    assert seen.accessories == ()
    assert seen.mask is not None
    assert seen.mask.type is MaskType.NONE


def test_a_mask_is_seen(analyzer: FaceAnalyzer) -> None:
    image = _image(analyzer)
    masked = Image(_painter(analyzer, image).mask(below_nose=False).pixels)
    seen = _seen(analyzer, masked)
    assert seen.mask is not None
    assert seen.mask.type is MaskType.MASK
    assert seen.mask.nose_and_mouth_covered
    assert seen.accessories is not None
    assert AccessoryType.MASK in {item.type for item in seen.accessories}


def test_sunglasses_are_an_accessory_of_a_kind_that_is_not_told(analyzer: FaceAnalyzer) -> None:
    image = _image(analyzer)
    seen = _seen(analyzer, Image(_painter(analyzer, image).sunglasses().pixels))
    assert seen.glasses is None
    assert seen.accessories is not None
    assert [item.type for item in seen.accessories] == [AccessoryType.GLASSES]


def test_what_hides_the_mouth_without_being_a_mask_is_told_apart() -> None:
    found = Coverings(0.1, 0.1, 0.9, 0.2, 0.1, 0.1, glasses=(0.9, 0.1, 0.0))
    assert found.worn_mask.type is MaskType.OTHER


def test_weights_that_are_no_weights_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "coverings.npz"
    path.write_bytes(b"nothing")
    with pytest.raises(InvalidModel, match="not usable"):
        load_covering_classifier(path)
