"""Every error has its status, and only those that a retry can resolve have Retry-After."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import pytest

from shared.api.errors import disk_fault, error_response, status_of, unexpected_response
from shared.api.operations import Operation
from shared.domain import errors
from shared.domain.collections import COLLECTIONS, FACE_LIST, PERSON_GROUP
from shared.domain.face.enrolment import RejectionCode

STATUS: Mapping[type[errors.LineamentError], int] = {
    errors.InvalidInput: 400,
    errors.Unauthorized: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.MethodNotAllowed: 405,
    errors.Conflict: 409,
    errors.Retired: 410,
    errors.LengthRequired: 411,
    errors.UnsupportedMediaType: 415,
    errors.Throttled: 429,
    errors.Unavailable: 503,
    errors.ConfigurationError: 500,
}


def tree(root: type[errors.LineamentError]) -> Iterator[type[errors.LineamentError]]:
    for branch in root.__subclasses__():
        yield branch
        yield from tree(branch)


def made(kind: type[errors.LineamentError]) -> errors.LineamentError:
    """An instance of an error class, whatever its arguments."""
    attempts: tuple[tuple[Any, ...], ...] = (
        (),
        (PERSON_GROUP,),
        ("text",),
        (["GET"],),
        (["problem"],),
        (RejectionCode.BLURRED, "text"),
    )
    for arguments in attempts:
        try:
            error = kind(*arguments)
            assert isinstance(error.message, str)
        except (TypeError, AttributeError, AssertionError):
            continue
        return error
    raise AssertionError(f"{kind.__name__} takes something new.")


def operation(*named_in_body: type[errors.NotFound]) -> Operation:
    return Operation("one", "POST", "one", "One.", named_in_body=named_in_body)


@pytest.mark.parametrize("kind", dict.fromkeys(tree(errors.LineamentError)))
def test_every_error_has_the_status_of_its_branch(kind: type[errors.LineamentError]) -> None:
    expected = next(status for base, status in STATUS.items() if issubclass(kind, base))
    assert status_of(made(kind), None) == expected


def test_a_missing_resource_named_in_a_body_is_a_bad_request() -> None:
    missing = errors.CollectionNotFound(PERSON_GROUP)
    assert status_of(missing, operation(errors.CollectionNotFound)) == 400
    assert status_of(missing, operation(errors.FaceNotFound)) == 404
    assert status_of(missing, operation()) == 404


@pytest.mark.parametrize("kind", COLLECTIONS, ids=lambda kind: kind.name)
def test_codes_of_collections_begin_with_their_kind(kind: Any) -> None:
    made_of = (
        errors.CollectionNotFound(kind),
        errors.CollectionExists(kind),
        errors.TrainingNotFinished(kind),
        errors.NotTrained(kind),
    )
    assert [error.error_code.removeprefix(kind.name) for error in made_of] == [
        "NotFound",
        "Exists",
        "TrainingNotFinished",
        "NotTrained",
    ]
    assert all(error.message.startswith(kind.title) for error in made_of)


def test_only_what_a_retry_can_solve_says_to_retry() -> None:
    mendable = error_response(errors.Throttled(7), None)
    assert mendable.headers["Retry-After"] == "7"
    for error in (errors.FaceNotFound(), errors.CollectionExists(FACE_LIST)):
        assert "Retry-After" not in error_response(error, None).headers


def test_a_wrong_method_names_the_right_ones() -> None:
    answer = error_response(errors.MethodNotAllowed(["GET", "PUT"]), None)
    assert answer.headers["Allow"] == "GET, PUT"


def test_internal_errors_reveal_nothing() -> None:
    for answer in (
        unexpected_response(),
        error_response(errors.InvalidSettings(["the secret is x"]), None),
    ):
        assert answer.status == 500
        error = msgspec.json.decode(answer.body)["error"]
        assert error["code"] == "InternalServerError"
        assert "secret" not in error["message"]


@pytest.mark.parametrize(
    "number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.ENOTDIR, errno.EIO]
)
def test_a_fault_of_the_disk_is_unavailable_with_the_reason_and_without_a_path(number: int) -> None:
    fault = disk_fault(OSError(number, "text of the system", "/secret/path"))
    assert fault is not None
    response = error_response(fault, None)
    assert response.status == 503
    assert b"data folder" in response.body
    assert b"secret" not in response.body
    assert disk_fault(ConnectionRefusedError(errno.ECONNREFUSED, "refused")) is None
