"""Answers to requests with an Idempotency-Key: one document each, for a day.

An answer to a creation holds ids only; no name, userData or embedding is stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from shared.domain.errors import DocumentConflict, DocumentExists
from shared.storage.documents.store import Document, DocumentContainer, Key

_PREFIX = "request."
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """A response.

    Attributes:
        body: as text.
    """

    status: int
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True, slots=True)
class AnsweredRequest:
    """A request as it was first received.

    Attributes:
        digest: of the caller and the key.
        fingerprint: a digest of everything else in the request.
        namespace: a UUID; the ids of what the request creates are derived from it.
        answer: None while the request is being carried out, or if its answer was lost.
        etag: of the document.
    """

    digest: str
    fingerprint: str
    namespace: str
    answer: StoredAnswer | None = None
    etag: str = ""


class AnsweredRequestRecords:
    """Stores requests and their answers."""

    def __init__(self, container: DocumentContainer) -> None:
        self._container = container

    def begin(self, request: AnsweredRequest) -> AnsweredRequest:
        """Store a request, or return the one that is stored under its digest."""
        while True:
            try:
                document = self._container.create(_key(request.digest), _body(request), ttl=_DAY)
            except DocumentExists:
                known = self.find(request.digest)
                if known is not None:  # Otherwise it has just expired.
                    return known
            else:
                return replace(request, etag=document.etag)

    def find(self, digest: str) -> AnsweredRequest | None:
        """The request under a digest, or None."""
        document = self._container.get(_key(digest))
        return None if document is None else _request(digest, document)

    def finish(self, request: AnsweredRequest, answer: StoredAnswer) -> None:
        """Store the answer; the first one stays."""
        body = _body(replace(request, answer=answer))
        with suppress(DocumentConflict):
            self._container.replace(_key(request.digest), body, etag=request.etag, ttl=_DAY)

    def forget(self, request: AnsweredRequest) -> None:
        """Remove a request that created nothing, unless it was answered meanwhile."""
        with suppress(DocumentConflict):
            self._container.delete(_key(request.digest), etag=request.etag)


def _key(digest: str) -> Key:
    return Key(_PREFIX + digest, _PREFIX + digest)


def _body(request: AnsweredRequest) -> dict[str, object]:
    answer = request.answer
    return {
        "fingerprint": request.fingerprint,
        "namespace": request.namespace,
        "answer": None
        if answer is None
        else {"status": answer.status, "headers": dict(answer.headers), "body": answer.body},
    }


def _request(digest: str, document: Document) -> AnsweredRequest:
    body = document.body
    answer = body["answer"]
    return AnsweredRequest(
        digest,
        body["fingerprint"],
        body["namespace"],
        None
        if answer is None
        else StoredAnswer(answer["status"], answer["headers"], answer["body"]),
        document.etag,
    )
