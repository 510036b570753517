"""Enrolment: collections, persons, faces and the person directory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.composition.deletion import DeletionPart
from shared.composition.platform.foundation import Foundation
from shared.composition.platform.locked_cached_property import locked_cached_property
from shared.composition.platform.storage import StoragePart
from shared.composition.recognition import RecognitionPart
from shared.composition.vision import VisionPart

if TYPE_CHECKING:
    from shared.services.archive.archive import Archive
    from shared.services.archive.embeddings import EmbeddingModels
    from shared.services.collections.collections import Collections
    from shared.services.collections.dynamic_groups import DynamicPersonGroups
    from shared.services.collections.enrolment_gate import EnrolmentGate
    from shared.services.collections.face_lists import FaceLists
    from shared.services.collections.operations import Operations
    from shared.services.collections.person_directory import PersonDirectory
    from shared.services.collections.persons import Persons
    from shared.services.collections.quotas import QuotaChecks
    from shared.services.people.person_search import PersonSearch


@dataclass(frozen=True, eq=False)
class EnrolmentPart:
    """Enrolment: collections, persons, faces and the person directory.

    Raises:
        InvalidSettings: from any member, on first use, if the environment is not usable.
    """

    _foundation: Foundation
    _storage: StoragePart
    _vision: VisionPart
    _deletion: DeletionPart
    _recognition: RecognitionPart

    @locked_cached_property
    def collections(self) -> Collections:
        """Collections."""
        from shared.services.collections.collections import Collections

        return Collections(
            self._storage.collections,
            self._deletion.purge,
            self.quotas,
            self._deletion.outdated_uploads,
            self._foundation.new_id,
        )

    @locked_cached_property
    def gate(self) -> EnrolmentGate:
        """The rules of enrolment."""
        from shared.services.collections.enrolment_gate import EnrolmentGate

        return EnrolmentGate(self._vision.image_analysis, self._vision.comparison)

    @locked_cached_property
    def face_lists(self) -> FaceLists:
        """The faces of lists."""
        from shared.services.collections.face_lists import FaceLists

        return FaceLists(
            self._storage.collections,
            self._storage.listed_faces,
            self._deletion.lifecycle,
            self.quotas,
            self.gate,
            self._foundation.new_id,
        )

    @locked_cached_property
    def persons(self) -> Persons:
        """Persons and persisted faces."""
        from shared.services.collections.persons import Persons

        return Persons(
            self._storage.collections,
            self._storage.people,
            self._storage.name_claims,
            self._deletion.lifecycle,
            self.quotas,
            self.gate,
            self._recognition.identification,
            self._foundation.new_id,
        )

    @locked_cached_property
    def person_directory(self) -> PersonDirectory:
        """Persons of the directory."""
        from shared.services.collections.person_directory import PersonDirectory

        return PersonDirectory(
            self._storage.directory,
            self._storage.deletions,
            self._storage.memberships,
            self._storage.collections,
            self.operations,
            self.quotas,
            self.gate,
            self._recognition.directory_identification,
            self._foundation.new_id,
        )

    @locked_cached_property
    def person_search(self) -> PersonSearch:
        """Persons by name."""
        from shared.services.people.person_search import PersonSearch

        return PersonSearch(
            self._storage.collections, self._storage.people, self._storage.directory
        )

    @locked_cached_property
    def archive(self) -> Archive:
        """Exports and imports collections."""
        from shared.services.archive.archive import Archive
        from shared.services.archive.contents import CollectionContents

        contents = CollectionContents(
            self._storage.people,
            self._storage.listed_faces,
            self._storage.marks,
            self._storage.directory,
            self._storage.deletions,
            self._storage.memberships,
            self.quotas,
        )
        return Archive(
            self.collections,
            contents,
            self._storage.name_claims,
            self._deletion.lifecycle,
            self.embedding_models,
        )

    @locked_cached_property
    def embedding_models(self) -> EmbeddingModels:
        """The models whose embeddings can be imported."""
        from shared.services.archive.embeddings import EmbeddingModel, EmbeddingModels
        from shared.vision.runtime.manifest import Task, load_manifest

        builtin = load_manifest().first(Task.RECOGNITION)
        own = self._foundation.settings.custom_model
        return EmbeddingModels(
            EmbeddingModel(builtin.name, builtin.dimension or 0),
            {} if own is None else {own.name: EmbeddingModel(own.embedding_model, own.dimension)},
        )

    @locked_cached_property
    def dynamic_groups(self) -> DynamicPersonGroups:
        """Dynamic person groups."""
        from shared.services.collections.dynamic_groups import DynamicPersonGroups

        return DynamicPersonGroups(
            self.collections,
            self._storage.collections,
            self._storage.directory,
            self._storage.memberships,
            self.operations,
            self._deletion.lifecycle,
        )

    @locked_cached_property
    def operations(self) -> Operations:
        """Long-running operations."""
        from shared.services.collections.operations import Operations
        from shared.storage.layout import OPERATIONS
        from shared.storage.records.operations import OperationRecords

        records = OperationRecords(self._storage.store.container(OPERATIONS))
        return Operations(records, self._foundation.new_id, self._foundation.clock)

    @locked_cached_property
    def quotas(self) -> QuotaChecks:
        """Checks quotas."""
        from shared.services.collections.quota_guard import QuotaGuard
        from shared.services.collections.quotas import QuotaChecks
        from shared.storage.layout import COLLECTIONS
        from shared.storage.records.collections.person_counters import PersonCounters

        return QuotaChecks(
            self._foundation.settings.quotas,
            QuotaGuard(self._foundation.clock),
            self._storage.collections,
            self._storage.people,
            self._storage.listed_faces,
            PersonCounters(self._storage.store.container(COLLECTIONS)),
            self._storage.directory,
        )
