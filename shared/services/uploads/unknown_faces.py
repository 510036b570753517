"""What ingestion does with faces that no person of the upload's collection has."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from shared.domain.face.attributes import Attribute
from shared.domain.face.unknowns import UploadVersion
from shared.domain.values import Candidate, SeenFace


class UnknownFaces(Protocol):
    """Takes note of unknown faces."""

    @property
    def attributes(self) -> Collection[Attribute]:
        """What the analysis must return of each face."""
        ...

    def note(
        self,
        upload: UploadVersion,
        seen: Sequence[SeenFace],
        candidates: Sequence[Sequence[Candidate]],
    ) -> None:
        """Take note of the faces without candidates. May be repeated.

        Args:
            candidates: of each face.
        """
        ...

    def forget(self, upload: str) -> None:
        """Forget the faces of an upload that is deleted."""
        ...


class IgnoredFaces:
    """The UnknownFaces of a service that keeps none."""

    attributes: Collection[Attribute] = ()

    def note(
        self,
        upload: UploadVersion,
        seen: Sequence[SeenFace],
        candidates: Sequence[Sequence[Candidate]],
    ) -> None:
        """See UnknownFaces.note: nothing is kept."""

    def forget(self, upload: str) -> None:
        """See UnknownFaces.forget: nothing is kept."""
