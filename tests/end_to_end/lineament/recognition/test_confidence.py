"""What confidences stand for, over HTTP."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.lineament.conftest import Family
from tests.end_to_end.refusals import refused
from tests.end_to_end.service import RunningService


def confidence_of(scale: dict[str, Any], score: float) -> float:
    """The confidence of a score, by the curve."""
    for one, other in pairwise(scale["curve"]):
        if one["score"] <= score <= other["score"]:
            share = (score - float(one["score"])) / float(other["score"] - one["score"])
            lower, upper = float(one["confidence"]), float(other["confidence"])
            return lower + share * (upper - lower)
    raise AssertionError(f"the curve has no score {score}")


def test_the_scale_of_pairs_is_that_of_compare(service: RunningService) -> None:
    scale = service.own("GET", "confidence")
    assert (scale["score"], scale["threshold"], scale["ratesOf"]) == ("cosine", 0.5, "pairs")
    assert {"confidence": 0.5, "share": 0.0005} in scale["rates"]
    confidences = [point["confidence"] for point in scale["curve"]]
    assert confidences == sorted(confidences)
    assert confidences[-1] == 1


def test_the_scale_of_a_group_gives_the_confidences_that_explain_gives(
    service: RunningService, family: Family, faces: Path
) -> None:
    scale = service.own("GET", "confidence", collection=family.path)
    image = (faces / "identification1.jpg").read_bytes()
    explained = service.own("POST", "explain", image=image, collections=family.path)
    candidates = [one for face in explained["faces"] for one in face["candidates"]]
    assert scale["ratesOf"] == "strangers"
    assert scale["threshold"] == candidates[0]["threshold"]
    for candidate in candidates[:5]:
        score = candidate[scale["score"]]
        assert confidence_of(scale, score) == pytest.approx(candidate["confidence"], abs=0.02)


def test_a_scale_that_does_not_exist_is_an_error(service: RunningService, family: Family) -> None:
    assert refused(service.call_own("GET", "confidence", collection="persondirectory"), 400)
    missing = service.call_own("GET", "confidence", collection="largepersongroups/none")
    assert missing.status_code == 404
    assert missing.json()["error"]["code"] == "LargePersonGroupNotFound"
