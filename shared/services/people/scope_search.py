"""Opens scopes of all kinds for searches."""

from __future__ import annotations

from shared.domain.collections import FACE_COLLECTIONS, FACE_LIST
from shared.domain.directory import DIRECTORY_RECOGNITION_MODELS, DirectoryScope
from shared.domain.face.recognition import SearchScope
from shared.services.galleries.live_face_lists import LiveFaceLists
from shared.services.people.opened_scopes import (
    OpenedDirectory,
    OpenedFaceList,
    OpenedGroup,
    OpenedLargeFaceList,
    OpenedScope,
)
from shared.services.recognition.comparison import incompatible_models
from shared.services.recognition.directory_identification import DirectoryIdentification
from shared.services.recognition.identification import Identification
from shared.services.recognition.similarity import FaceSimilarity
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.collections.listed_faces import ListedFaces
from shared.storage.records.collections.people import People
from shared.storage.records.directory.people import DirectoryPeople


class ScopeSearch:
    """Opens scopes of all kinds."""

    def __init__(
        self,
        identification: Identification,
        directory_identification: DirectoryIdentification,
        similarity: FaceSimilarity,
        live_lists: LiveFaceLists,
        collections: CollectionRecords,
        people: People,
        listed_faces: ListedFaces,
        directory: DirectoryPeople,
    ) -> None:
        self._identification = identification
        self._directory_identification = directory_identification
        self._similarity = similarity
        self._live_lists = live_lists
        self._collections = collections
        self._people = people
        self._listed_faces = listed_faces
        self._directory = directory

    def open(self, scope: SearchScope, directory_model: str) -> OpenedScope:
        """A scope, ready to be searched.

        Args:
            directory_model: the recognition model of the directory's faces to search.

        Raises:
            CollectionNotFound, PersonNotFound: the scope does not exist.
            NotTrained, TrainingNotFinished: it cannot be searched yet.
            FaceListNotReady: the face list is empty.
            BadArgument: the directory has no faces for the model.
        """
        ranked = self.open_ranked(scope, directory_model)
        if ranked is not None:
            return ranked
        if isinstance(scope, DirectoryScope):
            raise LookupError("The directory has persons.")
        if scope.kind is FACE_LIST:
            return OpenedFaceList(
                scope, self._collections, self._live_lists, self._similarity, self._listed_faces
            )
        gallery = self._identification.open(scope)
        return OpenedLargeFaceList(scope, gallery, self._identification, self._listed_faces)

    def open_ranked(
        self, scope: SearchScope, directory_model: str
    ) -> OpenedGroup | OpenedDirectory | None:
        """As ``open``, with the scores of persons; None for a list, which has no persons."""
        if isinstance(scope, DirectoryScope):
            if directory_model not in DIRECTORY_RECOGNITION_MODELS:
                raise incompatible_models()
            opened = self._directory_identification.open(scope)
            return OpenedDirectory(
                scope, opened, directory_model, self._directory_identification, self._directory
            )
        if scope.kind in FACE_COLLECTIONS:
            return None
        gallery = self._identification.open(scope)
        return OpenedGroup(scope, gallery, self._identification, self._people)
