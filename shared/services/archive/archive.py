"""Exports and imports a collection, one page at a time.

An export contains what callers can read, and so nothing that was deleted. An import adds what does
not exist, under the ids of the export, and changes nothing that exists; repeating it adds nothing.
A person or face whose deletion is not complete is skipped and counted. After the deletion nothing
is stored about it: an archive from before the deletion then enrols it again.
"""

from __future__ import annotations

from collections.abc import Sequence

from shared.domain.collections import DYNAMIC_PERSON_GROUP, CollectionKey
from shared.domain.directory import DIRECTORY_RECOGNITION_MODELS, DirectoryScope
from shared.domain.errors import CollectionExists, InvalidContinuation
from shared.domain.face.recognition import SearchScope
from shared.domain.identifiers import canonical_uuid
from shared.domain.models import NO_RECOGNITION_MODEL
from shared.domain.values import Collection
from shared.services.archive.contents import CollectionContents, check_kinds
from shared.services.archive.embeddings import EmbeddingModels
from shared.services.archive.entries import (
    COLLECTIONS,
    ArchivePage,
    CollectionEntry,
    Entry,
    FaceEntry,
    ImportOutcome,
    PersonEntry,
    bad_line,
)
from shared.services.collections.collections import Collections
from shared.services.deletion.lifecycle import CollectionLifecycle
from shared.storage.records.collections.name_claims import NameClaims


class Archive:
    """Exports and imports collections of every kind, and the person directory."""

    def __init__(
        self,
        collections: Collections,
        contents: CollectionContents,
        names: NameClaims,
        lifecycle: CollectionLifecycle,
        models: EmbeddingModels,
    ) -> None:
        self._collections = collections
        self._contents = contents
        self._names = names
        self._lifecycle = lifecycle
        self._models = models

    def export_page(self, scope: SearchScope, start: str | None) -> ArchivePage:
        """A page; the first one begins with the collection itself.

        Args:
            start: the continuation of the previous page; None: the first page.

        Raises:
            BadArgument: the continuation is invalid.
            CollectionNotFound: the collection does not exist.
        """
        if start is not None and canonical_uuid(start) != start:
            raise InvalidContinuation
        key = _key(scope)
        collection = None if key is None else self._collections.get(key)
        page = self._contents.export_page(collection, start or "")
        if start is not None:
            return page
        return ArchivePage([_entry(collection), *page.entries], page.continuation)

    def import_page(self, scope: SearchScope, entries: Sequence[Entry]) -> ImportOutcome:
        """Import a page: add what does not exist.

        Raises:
            BadArgument: a line is out of place, contradicts what is stored, or has an embedding
                that cannot be compared here.
            CollectionNotFound: the collection does not exist, and its line is not the first.
            QuotaExceeded: a quota is reached; what the page has created so far stays.
        """
        key = _key(scope)
        head = entries[0] if entries and isinstance(entries[0], CollectionEntry) else None
        rest = entries if head is None else entries[1:]
        faces = [one for one in rest if isinstance(one, FaceEntry)]
        _check_recognition_models(faces, in_directory=key is None)
        if key is None:
            self._models.check(faces, None)
            return self._contents.import_page(None, rest)
        known = self._collections.find(key)
        if known is None:
            model = None if head is None else head.recognition_model
        else:
            model = known.recognition_model
        self._models.check(faces, model)
        outcome = ImportOutcome()
        if head is not None:
            check_kinds(key, rest)
            outcome += self._ensure(key, head)
        collection = self._collections.get(key)
        outcome += self._contents.import_page(collection, rest)
        current = self._lifecycle.verify_still_exists(key, collection)
        if current.names is not collection.names:
            self._register_names(current, rest)
        return outcome

    def _register_names(self, collection: Collection, entries: Sequence[Entry]) -> None:
        """Add imported persons to the index of names, which was started during the import."""
        for one in entries:
            if isinstance(one, PersonEntry):
                self._names.register(collection, one.name, one.person_id)

    def _ensure(self, key: CollectionKey, entry: CollectionEntry) -> ImportOutcome:
        """Create a collection that does not exist."""
        outcome = ImportOutcome()
        model = (
            NO_RECOGNITION_MODEL if key.kind is DYNAMIC_PERSON_GROUP else entry.recognition_model
        )
        if entry.name is None or model is None:
            missing = "name" if entry.name is None else "recognitionModel"
            raise bad_line(entry.line, f"'{missing}' is missing.")
        known = self._collections.find(key)
        if known is None:
            try:
                self._collections.create(
                    key,
                    name=entry.name,
                    user_data=entry.user_data,
                    recognition_model=model,
                    gate=entry.gate,
                )
            except CollectionExists:
                known = self._collections.get(key)
            else:
                outcome.created[COLLECTIONS] = 1
                return outcome
        if known.recognition_model != model:
            raise bad_line(
                entry.line,
                f"the collection exists with the model {known.recognition_model}, not {model}."
                " Import under another id.",
            )
        outcome.existing[COLLECTIONS] = 1
        return outcome


def _key(scope: SearchScope) -> CollectionKey | None:
    """The collection; None for the whole directory."""
    return scope.group if isinstance(scope, DirectoryScope) else scope


def _check_recognition_models(faces: Sequence[FaceEntry], *, in_directory: bool) -> None:
    for face in faces:
        if in_directory and face.recognition_model not in DIRECTORY_RECOGNITION_MODELS:
            models = ", ".join(DIRECTORY_RECOGNITION_MODELS)
            raise bad_line(face.line, f"'recognitionModel' must be one of {models}.")
        if not in_directory and face.recognition_model is not None:
            raise bad_line(face.line, "faces outside the directory have no 'recognitionModel'.")


def _entry(collection: Collection | None) -> CollectionEntry:
    if collection is None:
        return CollectionEntry()
    return CollectionEntry(
        collection.name,
        collection.user_data,
        collection.recognition_model or None,
        collection.gate,
    )
