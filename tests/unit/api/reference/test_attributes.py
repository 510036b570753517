"""The reference page explains every attribute in the terms of the answers."""

from __future__ import annotations

from enum import StrEnum

import pytest

import function_app
from shared.api.http import Request
from shared.api.reference.attributes import MEANINGS, attributes_table
from shared.api.reference.reference import Reference
from shared.domain.face.attributes import (
    AccessoryType,
    Attribute,
    Blur,
    Exposure,
    ExposureLevel,
    Glasses,
    Level,
    MaskType,
    Noise,
)


def test_every_attribute_has_a_row() -> None:
    assert set(MEANINGS) == set(Attribute)
    table = attributes_table()
    assert all(f"<code>{attribute}</code>" in table for attribute in Attribute)


@pytest.mark.parametrize(
    ("attribute", "kind"),
    [
        (Attribute.BLUR, Level),
        (Attribute.NOISE, Level),
        (Attribute.QUALITY, Level),
        (Attribute.EXPOSURE, ExposureLevel),
        (Attribute.MASK, MaskType),
        (Attribute.ACCESSORIES, AccessoryType),
        (Attribute.GLASSES, Glasses),
    ],
)
def test_every_value_is_named(attribute: Attribute, kind: type[StrEnum]) -> None:
    named = MEANINGS[attribute].members.replace(";", ",").replace(":", ",").split(", ")
    assert {value.value for value in kind} <= set(named)


def test_the_bounds_of_the_levels_are_those_of_the_code() -> None:
    assert [Blur(value).level for value in (0.24, 0.25, 0.75)] == list(Level)
    assert [Noise(value).level for value in (0.29, 0.3, 0.7)] == list(Level)
    assert [Exposure(value).level for value in (0.24, 0.25, 0.75)] == list(ExposureLevel)
    for attribute, low, high in (
        (Attribute.BLUR, "0.25", "0.75"),
        (Attribute.NOISE, "0.3", "0.7"),
        (Attribute.EXPOSURE, "0.25", "0.75"),
    ):
        text = MEANINGS[attribute].text
        assert f"below {low}," in text
        assert f"from {high} on" in text


def test_the_table_stands_on_the_page_with_the_models_that_have_each() -> None:
    page = Reference(function_app.OPERATIONS).page(
        Request("GET", "http://host/docs", {}, {"version": "v1.2"}, {}, b"")
    )
    text = page.body.decode()
    table = text.partition('id="attributes"')[2]
    mask = table.partition("<code>mask</code>")[2].partition("</tr>")[0]
    assert mask.endswith("<td>detection_03</td>")
