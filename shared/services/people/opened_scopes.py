"""Scopes of each kind, opened for a search of the persons, or faces of lists, nearest to faces."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from shared.domain.collections import CollectionKey
from shared.domain.face.recognition import NamedCandidate, SearchScope
from shared.domain.limits import SAME_PERSON_CONFIDENCE
from shared.domain.values import Candidate, Embedding, Person, SimilarFace
from shared.services.galleries.directory_gallery import Opened
from shared.services.galleries.galleries import Gallery
from shared.services.galleries.live_face_lists import LiveFaceLists
from shared.services.recognition.directory_identification import DirectoryIdentification
from shared.services.recognition.identification import Identification
from shared.services.recognition.identification_scale import RankedPersons
from shared.services.recognition.similarity import FaceSimilarity
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.collections.listed_faces import ListedFaces
from shared.storage.records.collections.people import People
from shared.storage.records.directory.people import DirectoryPeople


class OpenedScope(Protocol):
    """A scope as of one moment."""

    @property
    def recognition_model(self) -> str:
        """The recognition model that probes must be for."""
        ...

    def candidates(
        self, embeddings: Sequence[Embedding], *, count: int, threshold: float | None
    ) -> list[list[NamedCandidate]]:
        """For each face up to ``count`` candidates with names, best first.

        Raises:
            BadArgument: the embeddings are of another model than the scope's faces.
        """
        ...


class RankedScope(Protocol):
    """A group, or a part of the directory, as of one moment; with the scores of its persons."""

    @property
    def scope(self) -> SearchScope:
        """What is searched."""
        ...

    @property
    def recognition_model(self) -> str:
        """The recognition model that probes must be for."""
        ...

    def rank(self, embeddings: Sequence[Embedding], *, count: int) -> RankedPersons | None:
        """The nearest persons of each face, at least one; None if the scope has no faces.

        Raises:
            BadArgument: the embeddings are of another model than the scope's faces.
        """
        ...

    def names(self, person_ids: Sequence[str]) -> dict[str, str]:
        """The names of existing persons by personId."""
        ...


class OpenedGroup:
    """A person group as of its last training; a RankedScope."""

    def __init__(
        self,
        scope: SearchScope,
        gallery: Gallery,
        identification: Identification,
        people: People,
    ) -> None:
        self.scope = scope
        self._gallery = gallery
        self._identification = identification
        self._people = people
        self.recognition_model = gallery.collection.recognition_model

    def candidates(
        self, embeddings: Sequence[Embedding], *, count: int, threshold: float | None
    ) -> list[list[NamedCandidate]]:
        """See OpenedScope."""
        found = self._identification.candidates(
            self._gallery, embeddings, count=count, threshold=threshold
        )
        return _named(self.scope, found, self._persons(_person_ids(found)))

    def rank(self, embeddings: Sequence[Embedding], *, count: int) -> RankedPersons | None:
        """See RankedScope."""
        return self._identification.rank(self._gallery, embeddings, count=count)

    def names(self, person_ids: Sequence[str]) -> dict[str, str]:
        """See RankedScope."""
        return {one.person_id: one.name for one in self._persons(person_ids).values()}

    def _persons(self, person_ids: Sequence[str]) -> dict[str, Person]:
        persons = self._people.find_many(self._gallery.collection, person_ids)
        return {one.person_id: one for one in persons if one is not None}


class OpenedDirectory:
    """A part of the person directory; a RankedScope."""

    def __init__(
        self,
        scope: SearchScope,
        opened: Opened,
        recognition_model: str,
        identification: DirectoryIdentification,
        directory: DirectoryPeople,
    ) -> None:
        self.scope = scope
        self._opened = opened
        self._identification = identification
        self._directory = directory
        self.recognition_model = recognition_model

    def candidates(
        self, embeddings: Sequence[Embedding], *, count: int, threshold: float | None
    ) -> list[list[NamedCandidate]]:
        """See OpenedScope."""
        found = self._identification.candidates(
            self._opened, self.recognition_model, embeddings, count=count, threshold=threshold
        )
        return _named(self.scope, found, self._persons(_person_ids(found)))

    def rank(self, embeddings: Sequence[Embedding], *, count: int) -> RankedPersons | None:
        """See RankedScope."""
        return self._identification.rank(
            self._opened, self.recognition_model, embeddings, count=count
        )

    def names(self, person_ids: Sequence[str]) -> dict[str, str]:
        """See RankedScope."""
        return {one.person_id: one.name for one in self._persons(person_ids).values()}

    def _persons(self, person_ids: Sequence[str]) -> dict[str, Person]:
        return {
            one.person_id: Person(one.person_id, one.name, one.user_data)
            for one in self._directory.find_many(person_ids)
            if one is not None
        }


class OpenedFaceList:
    """A face list with its current faces; an OpenedScope."""

    def __init__(
        self,
        scope: CollectionKey,
        collections: CollectionRecords,
        live_lists: LiveFaceLists,
        similarity: FaceSimilarity,
        listed_faces: ListedFaces,
    ) -> None:
        self._scope = scope
        self._collection = collections.get(scope)
        self._gallery = live_lists.open(self._collection)
        self._similarity = similarity
        self._listed_faces = listed_faces
        self.recognition_model = self._collection.recognition_model

    def candidates(
        self, embeddings: Sequence[Embedding], *, count: int, threshold: float | None
    ) -> list[list[NamedCandidate]]:
        """See OpenedScope."""
        found = self._similarity.nearest_faces(
            self._gallery, embeddings, count=count, threshold=_least(threshold)
        )
        faces = self._listed_faces.find_many(self._collection, _face_ids(found))
        return _listed(
            self._scope, found, {one.persisted_face_id: one.user_data for one in faces if one}
        )


class OpenedLargeFaceList:
    """A large face list as of its last training; an OpenedScope."""

    def __init__(
        self,
        scope: CollectionKey,
        gallery: Gallery,
        identification: Identification,
        listed_faces: ListedFaces,
    ) -> None:
        self._scope = scope
        self._gallery = gallery
        self._identification = identification
        self._listed_faces = listed_faces
        self.recognition_model = gallery.collection.recognition_model

    def candidates(
        self, embeddings: Sequence[Embedding], *, count: int, threshold: float | None
    ) -> list[list[NamedCandidate]]:
        """See OpenedScope."""
        if not embeddings:
            return []
        found = self._identification.nearest_faces(
            self._gallery, embeddings, count=count, threshold=_least(threshold)
        )
        faces = self._listed_faces.find_many(self._gallery.collection, _face_ids(found))
        return _listed(
            self._scope, found, {one.persisted_face_id: one.user_data for one in faces if one}
        )


def _least(threshold: float | None) -> float:
    return SAME_PERSON_CONFIDENCE if threshold is None else threshold


def _person_ids(found: Iterable[Sequence[Candidate]]) -> list[str]:
    return list(dict.fromkeys(one.person_id for candidates in found for one in candidates))


def _face_ids(found: Iterable[Sequence[SimilarFace]]) -> list[str]:
    return list(dict.fromkeys(one.face_id for faces in found for one in faces))


def _named(
    scope: SearchScope, found: Iterable[Sequence[Candidate]], persons: Mapping[str, Person]
) -> list[list[NamedCandidate]]:
    """Candidates with names; a person that was deleted during the search is left out."""
    return [
        [
            NamedCandidate(
                scope,
                one.confidence,
                person_id=one.person_id,
                name=persons[one.person_id].name,
                user_data=persons[one.person_id].user_data,
            )
            for one in candidates
            if one.person_id in persons
        ]
        for candidates in found
    ]


def _listed(
    scope: SearchScope,
    found: Iterable[Sequence[SimilarFace]],
    user_data: Mapping[str, str | None],
) -> list[list[NamedCandidate]]:
    """Faces of a list; one that was deleted during the search is left out."""
    return [
        [
            NamedCandidate(
                scope,
                one.confidence,
                persisted_face_id=one.face_id,
                user_data=user_data[one.face_id],
            )
            for one in faces
            if one.face_id in user_data
        ]
        for faces in found
    ]
