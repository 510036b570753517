"""What an operation of the REST API is: declared once, beside its handler."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from shared.api.bodies.wire import Wire
from shared.api.parameters import Parameter
from shared.domain.collections import CollectionKind
from shared.domain.errors import NotFound

if TYPE_CHECKING:
    from shared.api.call import Call

BASE_PATH = "face/{version}/"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a handler answers: a body to encode, or none."""

    body: Wire | Sequence[Wire] | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[["Call"], Answer]


@dataclass(frozen=True, slots=True)
class Form:
    """A body of type multipart/form-data: text fields and one file.

    Attributes:
        fields: the text fields; their texts are read as the types of its members.
        file: the name of the file's part.
    """

    fields: type[Wire]
    file: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.

    Attributes:
        name: unique; the name of the Azure function too.
        path: below ``/face/{version}/``.
        summary: one sentence for the reference.
        query: every query parameter that it reads.
        body: the JSON body, or None.
        takes_image: whether the body may be a photograph's bytes or its URL.
        answers: type of the answer's body; None: it is empty.
        kind: the kind of collection that it is about, if any.
        named_in_body: what is looked up from the body rather than the path; if that is not found
            the status is 400, not 404.
        form: the multipart body, or None; where ``body`` is set too, the Content-Type decides.
        versions: the names of the versions that have it; None: all.
    """

    name: str
    method: str
    path: str
    summary: str
    handler: Handler
    query: tuple[Parameter[Any], ...] = ()
    body: type[Wire] | None = None
    takes_image: bool = False
    answers: Any = None
    success: int = 200
    kind: CollectionKind | None = None
    named_in_body: tuple[type[NotFound], ...] = ()
    form: Form | None = None
    versions: frozenset[str] | None = None

    @property
    def reads_body(self) -> bool:
        """Whether the request has a body."""
        return self.takes_image or self.body is not None or self.form is not None

    def is_in(self, version: str) -> bool:
        """Whether a version of the API has this operation."""
        return self.versions is None or version in self.versions

    @property
    def route(self) -> str:
        """The whole path, as a route template."""
        return BASE_PATH + self.path
