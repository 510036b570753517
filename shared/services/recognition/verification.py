"""Verify: whether two faces, or a face and a person, are the same person."""

from __future__ import annotations

from shared.domain.collections import CollectionKey
from shared.domain.directory import DIRECTORY_RECOGNITION_MODELS, DirectoryScope
from shared.domain.errors import PersonWithoutFaces
from shared.domain.limits import SAME_PERSON_CONFIDENCE
from shared.domain.values import Verification
from shared.services.recognition.comparison import Comparison, incompatible_models
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.collections.people import People
from shared.storage.records.detected_faces import DetectedFaces
from shared.storage.records.directory.people import DirectoryPeople


class FaceVerification:
    """Compares a detected face with another, or with a person of a group or the directory."""

    def __init__(
        self,
        detected_faces: DetectedFaces,
        collections: CollectionRecords,
        people: People,
        directory: DirectoryPeople,
        comparison: Comparison,
    ) -> None:
        self._detected_faces = detected_faces
        self._collections = collections
        self._people = people
        self._directory = directory
        self._comparison = comparison

    def faces(self, face_id: str, other_face_id: str) -> Verification:
        """Compare two detected faces.

        Raises:
            FaceNotFound: one of them is unknown or has expired.
            BadArgument: they were detected for different recognition models.
        """
        one, other = self._detected_faces.all_of([face_id, other_face_id])
        if one.recognition_model != other.recognition_model:
            raise incompatible_models()
        return _verification(self._comparison.compare(one.embedding, other.embedding))

    def person(
        self, face_id: str, scope: CollectionKey | DirectoryScope, person_id: str
    ) -> Verification:
        """Compare a detected face with a person's most similar face. Needs no training.

        Args:
            scope: the person's group, or the directory, of which the faces for the query's model
                are compared.

        Raises:
            CollectionNotFound, PersonNotFound: the group or the person does not exist.
            PersistedFaceNotFound: the person has no face (for the model).
            FaceNotFound: the face is unknown or has expired.
            BadArgument: face and group have different recognition models, or the directory
                does not support the model.
        """
        if isinstance(scope, DirectoryScope):
            return self._directory_person(face_id, person_id)
        return self._group_person(face_id, scope, person_id)

    def _group_person(self, face_id: str, group: CollectionKey, person_id: str) -> Verification:
        collection = self._collections.get(group)
        person = self._people.get(collection, person_id)
        persisted = self._people.faces(collection, person)
        if not persisted:
            raise PersonWithoutFaces
        (probe,) = self._detected_faces.all_of([face_id])
        if probe.recognition_model != collection.recognition_model:
            raise incompatible_models()
        gallery = (face.embedding for face in persisted)
        return _verification(self._comparison.best(probe.embedding, gallery))

    def _directory_person(self, face_id: str, person_id: str) -> Verification:
        person = self._directory.get(person_id)
        (probe,) = self._detected_faces.all_of([face_id])
        if probe.recognition_model not in DIRECTORY_RECOGNITION_MODELS:
            raise incompatible_models()
        pages = self._directory.faces(probe.recognition_model, [person])
        gallery = [face.embedding for page in pages for face in page]
        if not gallery:
            raise PersonWithoutFaces
        return _verification(self._comparison.best(probe.embedding, gallery))


def _verification(confidence: float) -> Verification:
    return Verification(confidence >= SAME_PERSON_CONFIDENCE, confidence)
