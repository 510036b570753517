"""Declarations of REST operations. Each is written once, at its handler."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.api.bodies.wire import Wire
from shared.api.parameters import Parameter
from shared.api.versions import FACE, Api
from shared.domain.collections import CollectionKind
from shared.domain.errors import NotFound

CONTINUATION = "Lineament-Continuation"
"""Header of a response with JSON lines: where the next page starts."""


@dataclass(frozen=True, slots=True)
class Content:
    """A response's body that is not JSON."""

    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """A handler's result: a body to encode, content that is not JSON, or none."""

    body: Wire | Sequence[Wire] | Content | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Form:
    """A body of type multipart/form-data: text fields and one file.

    Attributes:
        fields: the text fields, which are converted to the types of its members.
        file: the name of the file's part.
    """

    fields: type[Wire]
    file: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.

    Attributes:
        name: unique; also the name of the Azure function.
        path: below the API's prefix, as in ``detect`` for ``/face/{version}/detect``.
        summary: one sentence for the reference.
        query: every query parameter; dispatch parses them into ``call.arguments``.
        body: the JSON body, or None.
        takes_image: whether the body may be an image's bytes or its URL.
        takes_bytes: whether the body is the bytes of an image, and not its URL.
        creates: whether it creates something, which requests with one Idempotency-Key do once.
        lines: type of each line of a body of JSON lines, or None.
        answers: type of the response's body; None: it is empty.
        kind: the kind of collection that it is for, if any.
        named_in_body: resources that the body names rather than the path; if one does not exist,
            the status is 400 instead of 404.
        form: the multipart body, or None; if ``body`` is set too, the Content-Type decides.
        versions: the names of the versions that have it; None: all.
        api: the API that it belongs to.
        produces: media types of the response where it is not JSON; ``answers`` is then the type of
            its lines.
        holds_images: whether the JSON body holds images and may be as long as a form.
    """

    name: str
    method: str
    path: str
    summary: str
    query: tuple[Parameter[Any], ...] = ()
    body: type[Wire] | None = None
    takes_image: bool = False
    takes_bytes: bool = False
    creates: bool = False
    lines: Any = None
    answers: Any = None
    success: int = 200
    kind: CollectionKind | None = None
    named_in_body: tuple[type[NotFound], ...] = ()
    form: Form | None = None
    versions: frozenset[str] | None = None
    api: Api = FACE
    holds_images: bool = False
    produces: tuple[str, ...] = ()

    @property
    def reads_body(self) -> bool:
        """Whether the request has a body."""
        return (
            self.takes_image
            or self.takes_bytes
            or self.lines is not None
            or self.body is not None
            or self.form is not None
        )

    def is_in(self, version: str) -> bool:
        """Whether a version of the API has this operation."""
        return self.versions is None or version in self.versions

    @property
    def route(self) -> str:
        """The complete path, as a route template."""
        return self.api.base_path + self.path
