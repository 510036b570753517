"""Selects the faces of the directory that a search compares: the current ones, without training.

Up to a thousand persons are read from the database, however large the directory is. A larger group,
and the whole directory, are searched in copies of its partitions. A partition that is too large to
be copied is read from the database in pages for every search, which is as exact but much slower
(docs/person-directory.md has the numbers).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from shared.domain.directory import DirectoryPerson, DirectoryScope
from shared.domain.errors import PersonNotFound
from shared.domain.values import PersistedFace
from shared.gallery.search.person_rows import PersonParts
from shared.gallery.search.unindexed_scan import FaceBlock, face_block
from shared.gallery.search.vector_index import GallerySize
from shared.services.galleries.directory_cohort import DirectoryCohort
from shared.services.galleries.directory_copies import PartitionCopy
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.directory.deletions import DirectoryDeletions
from shared.storage.records.directory.memberships import Memberships
from shared.storage.records.directory.people import DirectoryPeople

FEW_PERSONS = 1_000
"""Maximum number of persons that are read from the database instead of the copies."""

FEW_FACES = 20_000
"""Maximum number of their faces in memory: 10 MB with 128 components."""

_LARGE_KEPT = 10_000
"""Number of groups remembered as large, so that their members are not read again to count them."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Faces to search, and the persons to whom the search is restricted (None: all persons)."""

    block: FaceBlock
    among: Collection[str] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class DirectoryRows:
    """Persons to search.

    Attributes:
        persons: the persons.
        models: the embedding models that made their faces.
        normalised: whether scores are normalised.
    """

    persons: PersonParts = field(default_factory=PersonParts)
    models: frozenset[str] = frozenset()
    normalised: bool = False

    @property
    def size(self) -> GallerySize:
        """The number of persons, and how they are scored."""
        return GallerySize(self.persons.living, self.normalised)


@dataclass(frozen=True, slots=True)
class Opened:
    """A scope as of one moment.

    Attributes:
        persons: the persons to search; None: whole partitions are searched.
        incarnation: of the group whose members are searched; None: all persons are.
    """

    persons: Sequence[DirectoryPerson] | None = None
    incarnation: str | None = None


class DirectoryGallery:
    """Finds the faces that a search must compare.

    Args:
        copies: copies by partition, in order of partition.
        cohort: normalises scores.
        few_persons: number of members up to which a group is read from the database.
    """

    def __init__(
        self,
        collections: CollectionRecords,
        people: DirectoryPeople,
        memberships: Memberships,
        deletions: DirectoryDeletions,
        copies: Mapping[str, PartitionCopy],
        cohort: DirectoryCohort,
        *,
        few_persons: int = FEW_PERSONS,
    ) -> None:
        self._collections = collections
        self._people = people
        self._memberships = memberships
        self._deletions = deletions
        self._copies = copies
        self._cohort = cohort
        self._few_persons = few_persons
        # Both ways to search are exact, so that a group may shrink without harm.
        self._large: dict[str, None] = {}

    def open(self, scope: DirectoryScope) -> Opened:
        """Resolve a scope.

        Raises:
            PersonNotFound: one of the persons does not exist.
            CollectionNotFound: the dynamic group does not exist.
        """
        if scope.person_ids is not None:
            return Opened(self._persons(scope.person_ids))
        if scope.group is None:
            return Opened()
        incarnation = self._collections.get(scope.group).incarnation
        if incarnation in self._large:
            return Opened(incarnation=incarnation)
        members = self._memberships.persons(incarnation, start="", top=self._few_persons + 1)
        if len(members) > self._few_persons:
            self._large[incarnation] = None
            while len(self._large) > _LARGE_KEPT:
                self._large.pop(next(iter(self._large)), None)
            return Opened(incarnation=incarnation)
        # Members that were deleted after they were listed are omitted.
        return Opened([one for one in self._people.find_many(members) if one is not None])

    def rows(self, opened: Opened, recognition_model: str) -> DirectoryRows | None:
        """The persons to search as a whole; None if they must be read in parts."""
        if opened.persons is not None:
            return self._rows_of_persons(opened.persons, recognition_model)
        copies = []
        for copy in self._copies.values():
            current = copy.block(recognition_model, opened.incarnation)
            if current is None:
                return None
            if current.block is not None:
                copies.append((current.block, current.members))
        if not copies:
            return DirectoryRows()
        blocks = [block for block, _ in copies]
        return DirectoryRows(
            self._cohort.of_directory(recognition_model, blocks, [some for _, some in copies]),
            frozenset[str]().union(*(block.models for block in blocks)),
            self._cohort.normalises(blocks),
        )

    def blocks(self, recognition_model: str) -> list[FaceBlock] | None:
        """All faces of the directory for a model; None if a partition is too large."""
        found = [copy.block(recognition_model, None) for copy in self._copies.values()]
        if any(current is None for current in found):
            return None
        return [current.block for current in found if current and current.block is not None]

    def _rows_of_persons(
        self, persons: Sequence[DirectoryPerson], recognition_model: str
    ) -> DirectoryRows | None:
        faces: list[PersistedFace] = []
        for some in self._people.faces(recognition_model, persons):
            faces += some
            if len(faces) > FEW_FACES:
                return None
        block = face_block(faces)
        if block is None:
            return DirectoryRows()
        return DirectoryRows(
            self._cohort.of_persons(block), block.models, self._cohort.normalises([block])
        )

    def parts(self, opened: Opened, recognition_model: str) -> Iterator[Part]:
        """The faces of a recognition model, in parts; a person may have faces in several.

        Used when the faces are too many to be copied. Scores of parts are not normalised.
        """
        if opened.persons is not None:
            for faces in self._people.faces(recognition_model, opened.persons):
                block = face_block(faces)
                if block is not None:
                    yield Part(block)
            return
        for partition, copy in self._copies.items():
            current = copy.block(recognition_model, opened.incarnation)
            if current is None:
                yield from self._pages(partition, recognition_model, opened.incarnation)
            elif current.block is not None:
                yield Part(current.block, current.members)

    def _persons(self, person_ids: Sequence[str]) -> list[DirectoryPerson]:
        persons: list[DirectoryPerson] = []
        for person_id, person in zip(person_ids, self._people.find_many(person_ids), strict=True):
            if person is None:
                raise PersonNotFound.of(person_id)
            persons.append(person)
        return persons

    def _pages(
        self, partition: str, recognition_model: str, incarnation: str | None
    ) -> Iterator[Part]:
        deleted = self._deletions.deleted(partition)
        among = None
        if incarnation is not None:
            among = self._memberships.of_partition(incarnation, partition)
        for faces in self._people.walk_faces(recognition_model, partition):
            block = face_block([face for face in faces if face.person_id not in deleted])
            if block is not None:
                yield Part(block, among)
