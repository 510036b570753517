"""Query parameters and ids: what is accepted lies in its range, whatever the text."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.api import parameters as p
from shared.domain.errors import BadArgument, UnsupportedFeature
from shared.domain.identifiers import canonical_uuid, is_collection_id

WHOLE = [(p.TOP, 1, 1_000), (p.FACE_ID_TIME_TO_LIVE, 60, 86_400)]
"""Parameters of whole numbers, with their least and greatest value."""
DIGITS = st.text(st.sampled_from("0123456789"), min_size=1, max_size=30)


def parsed(parameter: p.Parameter[int], text: str) -> int | None:
    """The value; None where it is refused."""
    try:
        return p.Arguments.parse((parameter,), {parameter.name: text}, p.STANDARD)[parameter]
    except BadArgument:
        return None


@pytest.mark.parametrize(("parameter", "low", "high"), WHOLE)
@given(text=DIGITS)
def test_a_whole_number_is_read_whole_or_refused(
    parameter: p.Parameter[int], low: int, high: int, text: str
) -> None:
    value = int(text)
    assert parsed(parameter, text) == (value if low <= value <= high else None)


@pytest.mark.parametrize(("parameter", "low", "high"), WHOLE)
@given(text=st.text(min_size=1))
def test_of_any_text_only_numbers_in_the_range_are_accepted(
    parameter: p.Parameter[int], low: int, high: int, text: str
) -> None:
    value = parsed(parameter, text)
    assert value is None or (low <= value <= high and text.isascii() and int(text) == value)


@pytest.mark.parametrize("digits", [4_300, 4_301, 100_000])
@pytest.mark.parametrize("digit", ["0", "9"])
def test_numbers_beyond_what_int_reads_are_refused(digits: int, digit: str) -> None:
    for parameter, _, _ in WHOLE:
        assert parsed(parameter, digit * digits) is None
    assert parsed(p.TOP, "0" * digits + "7") == 7


@given(st.text())
def test_a_target_face_of_any_text_is_a_rectangle_or_refused(text: str) -> None:
    try:
        found = p.Arguments.parse((p.TARGET_FACE,), {"targetFace": text}, p.STANDARD)
    except BadArgument:
        return
    box = found[p.TARGET_FACE]
    assert box is None or (box.left >= 0 and box.top >= 0 and box.width > 0 and box.height > 0)


@given(st.text())
def test_attributes_of_any_text_are_known_or_refused(text: str) -> None:
    try:
        found = p.Arguments.parse(
            (p.RETURN_FACE_ATTRIBUTES,), {"returnFaceAttributes": text}, p.STANDARD
        )
    except (BadArgument, UnsupportedFeature):
        return
    names = {name.strip().lower() for name in text.split(",") if name.strip()}
    assert {one.lower() for one in found[p.RETURN_FACE_ATTRIBUTES]} == names


@given(st.uuids())
def test_a_uuid_is_canonical_in_any_case(identifier: uuid.UUID) -> None:
    assert canonical_uuid(str(identifier).upper()) == str(identifier)


@given(st.text())
def test_any_other_text_is_no_uuid(text: str) -> None:
    found = canonical_uuid(text)
    assert found is None or (found.isascii() and str(uuid.UUID(found)) == found)


@given(st.text(max_size=80))
def test_a_collection_id_is_ascii_and_bounded(text: str) -> None:
    allowed = set("abcdefghijklmnopqrstuvwxyz0123456789-_")
    assert is_collection_id(text) == (1 <= len(text) <= 64 and set(text) <= allowed)
