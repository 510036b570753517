"""Identifies the faces of an upload in the group that its metadata names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.domain.errors import (
    BadArgument,
    CollectionNotFound,
    LineamentError,
    NotTrained,
    TrainingNotFinished,
)
from shared.domain.values import Candidate, Collection, DetectedFace
from shared.services.recognition.identification import Identification
from shared.services.uploads.options import UploadOptions
from shared.storage.records.collections.people import People

_CANDIDATES = 10
"""Maximum number of candidates of a face."""


@dataclass(frozen=True, slots=True)
class Identified:
    """The result of searching a group for the faces of an upload; empty if no group was named.

    Attributes:
        group: the searched group; None: none was searched.
        candidates: the candidates of each face; empty if no group was searched.
        names: names by personId; None: the result has no names.
        error: the reason why the group could not be searched.
    """

    group: Collection | None = None
    candidates: Sequence[tuple[Candidate, ...]] = ()
    names: Mapping[str, str] | None = None
    error: LineamentError | None = None

    def of_faces(self, count: int) -> Sequence[tuple[Candidate, ...] | None]:
        """The candidates of each of ``count`` faces; None if no group was searched."""
        return [None] * count if self.group is None else self.candidates


class GroupSearch:
    """Searches groups for the faces of uploads."""

    def __init__(self, identification: Identification, people: People) -> None:
        self._identification = identification
        self._people = people

    def identify(self, faces: Sequence[DetectedFace], options: UploadOptions) -> Identified:
        """The candidates of faces in the group that the options name."""
        if options.group is None:
            return Identified()
        try:
            gallery = self._identification.open(options.group)
            candidates = self._identification.candidates(
                gallery,
                [face.embedding for face in faces],
                count=_CANDIDATES,
                threshold=options.threshold,
            )
        except (CollectionNotFound, NotTrained, TrainingNotFinished, BadArgument) as error:
            return Identified(error=error)
        group = gallery.collection
        names = self._names(group, candidates) if options.names else None
        return Identified(group, candidates, names)

    def _names(
        self, group: Collection, candidates: Sequence[Sequence[Candidate]]
    ) -> Mapping[str, str]:
        """The names of existing persons by personId."""
        ids = list(dict.fromkeys(one.person_id for some in candidates for one in some))
        persons = self._people.find_many(group, ids)
        return {one.person_id: one.name for one in persons if one is not None}
