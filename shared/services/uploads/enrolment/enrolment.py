"""Enrolment by upload: adds the face on an image, and creates its collection and person if needed.

Uploads are ingested late, repeatedly and concurrently. Before each write a check verifies that the
upload still exists and is more recent than the deletion of what it would create. The write is
conditional on what was read before that check: a deletion in between makes it fail, and the check
is repeated.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from shared.domain.collections import FACE_COLLECTIONS
from shared.domain.errors import (
    BadArgument,
    CollectionNotFound,
    ConcurrentOperation,
    EnrolmentRejected,
    PersistedFaceNotFound,
    PersonNotFound,
)
from shared.domain.face.enrolment import RejectionCode
from shared.domain.identifiers import derived_id, is_collection_id
from shared.domain.limits import MAXIMUM_FACE_USER_DATA_LENGTH, MAXIMUM_NAME_LENGTH
from shared.domain.values import Collection, PersistedFace, Person
from shared.services.uploads.enrolment.named_persons import check_is_name
from shared.services.uploads.enrolment.places import EnrolmentPlaces
from shared.services.uploads.options import UploadOptions
from shared.storage.account.blobs import BlobProperties, BlobStore
from shared.storage.layout import UPLOADS
from shared.storage.records.enrolment_uploads import (
    DeletionMoments,
    EnrolmentName,
    collection_subject,
    enrolment_name,
    face_subject,
    person_subject,
)

_ATTEMPTS = 8
_NAMESPACE = "0d0c3a52-8a5d-5e0c-9f3c-5b1f6b0b7f11"
"""Namespace of the persistedFaceIds of uploads. Arbitrary, but it must never change."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The enrolled face of an upload; person_id is None in a list."""

    collection: Collection
    person_id: str | None
    face_id: str


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What an upload must create.

    Attributes:
        content: the image, decoded from the blob's Content-Encoding.
        may_create: False: the upload has been enrolled before, and what is missing was deleted.
    """

    upload: BlobProperties
    name: EnrolmentName
    content: bytes
    options: UploadOptions
    may_create: bool


class UploadEnrolment:
    """Enrols uploads. Calls may be repeated, late or concurrent; the same bytes are one face."""

    def __init__(self, places: EnrolmentPlaces, moments: DeletionMoments, blobs: BlobStore) -> None:
        self._places = places
        self._moments = moments
        self._blobs = blobs

    def enrol(
        self, upload: BlobProperties, content: bytes, options: UploadOptions, *, repeated: bool
    ) -> Enrolled:
        """Add the face of an upload, unless it exists already.

        Args:
            content: the image.
            repeated: whether a result of this upload has been written; nothing is created then.

        Raises:
            InvalidInput: the name, an option or the image is invalid or rejected.
            QuotaExceeded: the collection or the person is full.
            ConcurrentOperation: other requests interfered at every attempt.
        """
        wanted = _Wanted(upload, checked_name(upload.name), content, options, not repeated)
        for _ in range(_ATTEMPTS):
            try:
                enrolled = self._attempt(wanted)
            except (CollectionNotFound, PersonNotFound, PersistedFaceNotFound):
                continue  # It was deleted meanwhile.
            if enrolled is not None:
                return enrolled
        raise ConcurrentOperation(wanted.name.collection.collection_id)

    def collection_of(self, upload: str) -> Collection | None:
        """The collection that an upload names, if it exists."""
        name = enrolment_name(upload)
        return None if name is None else self._places.collection(name.collection)

    def is_stored(self, enrolled: Enrolled) -> bool:
        """Whether an enrolled face still exists."""
        return self._places.still_has(enrolled.collection, enrolled.person_id, enrolled.face_id)

    def _attempt(self, wanted: _Wanted) -> Enrolled | None:
        """One attempt; None: another request interfered."""
        key = wanted.name.collection
        collection = self._places.collection(key)
        self._check(wanted, collection_subject(key))
        person = None
        if collection is None and key.kind not in FACE_COLLECTIONS:
            check_is_name(wanted.name.person)
        if collection is not None and key.kind not in FACE_COLLECTIONS:
            collection = self._places.indexed(collection)
            person = self._places.person(collection, wanted.name.person)
            self._check(wanted, person_subject(key, wanted.name.person))
        if collection is not None and (person is not None or key.kind in FACE_COLLECTIONS):
            face_id = self._face_id(wanted, collection, person)
            if self._places.has_face(collection, person, face_id):
                return _enrolled(collection, person, face_id)
        if not wanted.may_create:
            raise _older()
        return self._create(wanted, collection, person)

    def _create(
        self, wanted: _Wanted, collection: Collection | None, person: Person | None
    ) -> Enrolled | None:
        """Add the face. Its collection and person are created after the image was found usable."""
        key, options = wanted.name.collection, wanted.options
        embedding = self._places.embedding(wanted.content, options, collection, person)
        if collection is None:
            collection = self._places.create_collection(
                key, options.enrolment_model, self._permit(wanted, collection_subject(key))
            )
            if collection is None:
                return None
        subjects = [collection_subject(key)]
        if key.kind not in FACE_COLLECTIONS:
            subjects.append(person_subject(key, wanted.name.person))
            if person is None:
                person = self._places.create_person(
                    collection, wanted.name.person, self._permit(wanted, *subjects)
                )
                if person is None:
                    return None
        face_id = self._face_id(wanted, collection, person)
        face = PersistedFace(
            face_id,
            face_id if person is None else person.person_id,
            embedding,
            wanted.name.person if person is None else None,
        )
        subjects.append(face_subject(face_id))
        self._places.add_face(collection, person, face, self._permit(wanted, *subjects))
        return _enrolled(collection, person, face_id)

    def _face_id(self, wanted: _Wanted, collection: Collection, person: Person | None) -> str:
        """The id of the face with this content; a new one after each deletion.

        A deletion that was recorded and then failed has left its face, whose id is still used.

        Raises:
            EnrolmentRejected: the upload is older than the deletion of the face.
        """
        owner = "" if person is None else person.person_id
        digest = hashlib.sha256(wanted.content).hexdigest()
        content = derived_id(_NAMESPACE, f"{collection.incarnation}:{owner}:{digest}")
        generation = 0
        while True:
            face_id = derived_id(content, str(generation))
            if not self._check(wanted, face_subject(face_id)) or self._places.has_face(
                collection, person, face_id
            ):
                return face_id
            generation += 1

    def _check(self, wanted: _Wanted, *subjects: str) -> bool:
        """Whether one of the subjects was deleted before the upload was written.

        Raises:
            EnrolmentRejected: the upload is older than a deletion.
        """
        moments = [one for one in self._moments.find(subjects) if one is not None]
        if any(wanted.upload.modified <= moment for moment in moments):
            raise _older()
        return bool(moments)

    def _permit(self, wanted: _Wanted, *subjects: str) -> Callable[[], None]:
        """A check, made right before a write, that the upload may still create something."""

        def permit() -> None:
            current = self._blobs.properties(UPLOADS, wanted.upload.name)
            if current is None or current.etag != wanted.upload.etag:
                raise _older()
            self._check(wanted, *subjects)

        return permit


def checked_name(upload: str) -> EnrolmentName:
    """Parse the name of an upload to enrol.

    Raises:
        BadArgument: it is not ``enroll/<kind>/<collection>/<person>/<file>``, or a part is invalid.
    """
    name = enrolment_name(upload)
    if name is None:
        raise BadArgument(
            "The upload's name is invalid. Use enroll/<kind>/<collection>/<person>/<file> with the"
            " kind persongroups, largepersongroups, facelists or largefacelists."
        )
    if not is_collection_id(name.collection.collection_id):
        raise BadArgument(f"{name.collection.kind.title} ID is invalid.")
    longest = MAXIMUM_NAME_LENGTH
    if name.collection.kind in FACE_COLLECTIONS:
        longest = MAXIMUM_FACE_USER_DATA_LENGTH
    if not name.person.strip() or len(name.person) > longest:
        raise BadArgument("The person in the upload's name is empty or too long.")
    return name


def _enrolled(collection: Collection, person: Person | None, face_id: str) -> Enrolled:
    return Enrolled(collection, None if person is None else person.person_id, face_id)


def _older() -> EnrolmentRejected:
    return EnrolmentRejected(
        RejectionCode.OLDER_THAN_DELETION,
        "The upload is older than the deletion of its collection, person or face. Upload the image"
        " again to enrol it.",
    )
