"""Opens the faces of a group or of the directory for a search for duplicates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from shared.domain.collections import CollectionKey
from shared.domain.directory import (
    DIRECTORY_RECOGNITION_MODELS,
    DirectoryPerson,
    DirectoryScope,
)
from shared.domain.errors import BadArgument, UnsupportedFeature
from shared.domain.face.recognition import SearchScope
from shared.domain.values import Person
from shared.gallery.duplicates.person_faces import (
    PersonFaces,
    faces_of_blocks,
    faces_of_segments,
)
from shared.gallery.search.trained_faces import SearchableFaces
from shared.services.galleries.directory_gallery import DirectoryGallery
from shared.services.galleries.galleries import Galleries
from shared.services.recognition.comparison import incompatible_models
from shared.storage.records.collections.people import People
from shared.storage.records.directory.people import DirectoryPeople

DIRECTORY_VERSION = "live"
"""Version of the directory, whose current faces are searched: it has no trainings."""

Persons = Mapping[str, Person]
"""The existing persons by personId."""


@dataclass(frozen=True, slots=True, eq=False)
class OpenedFaces:
    """The faces of a scope as of one moment.

    Attributes:
        name: of the scope's incarnation; unique.
        version: changes with every training.
        model: the embedding model; empty where there are no faces.
        faces: None where there are none.
        persons: reads current persons by their ids.
    """

    name: str
    version: str
    model: str
    faces: PersonFaces | None
    persons: Callable[[Sequence[str]], Persons]


class PersonScopes:
    """Opens scopes that have persons of their own."""

    def __init__(
        self,
        galleries: Galleries,
        people: People,
        directory_gallery: DirectoryGallery,
        directory: DirectoryPeople,
    ) -> None:
        self._galleries = galleries
        self._people = people
        self._directory_gallery = directory_gallery
        self._directory = directory

    def open(self, scope: SearchScope, directory_model: str) -> OpenedFaces:
        """The faces of a group as of its last training, or of the whole directory as it is now.

        Args:
            directory_model: the recognition model of the directory's faces.

        Raises:
            CollectionNotFound, NotTrained, TrainingNotFinished: the group cannot be searched.
            BadArgument: the directory has no faces for the model, or has those of two models.
            UnsupportedFeature: the faces are in a vector index, or the directory is too large.
        """
        if isinstance(scope, DirectoryScope):
            return self._whole_directory(directory_model)
        return self._group(scope)

    def _group(self, key: CollectionKey) -> OpenedFaces:
        gallery = self._galleries.open(key)
        if not isinstance(gallery.faces, SearchableFaces):
            raise UnsupportedFeature(
                "Duplicates are searched in snapshots; this collection is in the vector index."
            )
        faces = faces_of_segments(gallery.faces.segments)

        def persons(ids: Sequence[str]) -> Persons:
            found = self._people.find_many(gallery.collection, ids)
            return {one.person_id: one for one in found if one is not None}

        return OpenedFaces(
            gallery.collection.incarnation,
            gallery.version,
            gallery.faces.model,
            faces if faces.faces else None,
            persons,
        )

    def _whole_directory(self, recognition_model: str) -> OpenedFaces:
        if recognition_model not in DIRECTORY_RECOGNITION_MODELS:
            raise incompatible_models()
        blocks = self._directory_gallery.blocks(recognition_model)
        if blocks is None:
            raise UnsupportedFeature("The directory is too large for a search for duplicates.")
        models = frozenset[str]().union(*(block.models for block in blocks))
        if len(models) > 1:
            raise BadArgument("The directory has faces of two embedding models. Enrol them again.")

        def persons(ids: Sequence[str]) -> Persons:
            found = self._directory.find_many(ids)
            return {
                one.person_id: _person(one, recognition_model) for one in found if one is not None
            }

        return OpenedFaces(
            f"directory:{recognition_model}",
            DIRECTORY_VERSION,
            next(iter(models), ""),
            faces_of_blocks(blocks) if blocks else None,
            persons,
        )


def _person(person: DirectoryPerson, recognition_model: str) -> Person:
    faces = person.faces_for(recognition_model)
    return Person(person.person_id, person.name, person.user_data, faces)
