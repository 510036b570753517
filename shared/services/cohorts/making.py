"""Makes the operator's cohort from embedded images or from enrolled groups."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from shared.domain.clock import Clock
from shared.domain.collections import LARGE_PERSON_GROUP, PERSON_GROUP, CollectionKey
from shared.domain.errors import BadArgument
from shared.domain.values import Collection, PersistedFace
from shared.services.cohorts.cohort_file import (
    CohortFile,
    CohortStamp,
    EnrolledFace,
    encode_cohort,
)
from shared.services.cohorts.fitting import (
    FALSE_ACCEPT_RATE,
    FittedCohort,
    PeopleFaces,
    VerifyScale,
    fit_cohort,
)
from shared.storage.records.collections.collections import CollectionRecords
from shared.storage.records.collections.people import People

_SURE = 0.9
_MOST_READ = 20_000
"""Maximum faces read from groups: 10 MB of 128 components, and more people than are used."""


class CohortMaking:
    """Makes cohorts for the models of the service.

    Args:
        stamps: by embedding model, the stamp of its cohorts.
        cosine_of: returns the cosine of a confidence of verify under an embedding model.
    """

    def __init__(
        self,
        collections: CollectionRecords,
        people: People,
        stamps: Mapping[str, CohortStamp],
        cosine_of: Callable[[str, float], float],
        clock: Clock,
    ) -> None:
        self._collections = collections
        self._people = people
        self._stamps = stamps
        self._cosine_of = cosine_of
        self._clock = clock

    def of_images(
        self, faces: PeopleFaces, model: str, rate: float = FALSE_ACCEPT_RATE
    ) -> CohortFile:
        """A cohort that contains embeddings.

        Args:
            model: the model that embedded the faces.
            rate: the false-accept rate that confidence 0.5 must keep.

        Raises:
            BadArgument: no cohort can be made of them; see ``fit_cohort``.
        """
        fitted = self._fitted(faces, model, rate)
        return self._file(fitted, model, faces, ())

    def of_groups(
        self,
        keys: Sequence[CollectionKey],
        rate: float = FALSE_ACCEPT_RATE,
        *,
        embeddings: bool = False,
    ) -> CohortFile:
        """A cohort that contains the ids of enrolled faces, or their embeddings.

        Args:
            keys: person groups and large person groups.
            embeddings: whether it contains embeddings instead of ids, and so outlives the groups.

        Raises:
            CollectionNotFound: a group does not exist.
            BadArgument: a collection is not a group, models differ, or no cohort can be made of
                their people; see ``fit_cohort``.
        """
        found = [one for key in keys for one in self._walk(_checked(key))]
        models = {face.embedding.model for _, face in found}
        if len(models) > 1 or not models <= self._stamps.keys():
            raise BadArgument("The faces of a cohort must be of one model of this service.")
        if not found:
            raise BadArgument("The groups have no faces.")
        numbers: dict[tuple[str, str], int] = {}
        people = [
            numbers.setdefault((owner.incarnation, face.person_id), len(numbers))
            for owner, face in found
        ]
        faces = PeopleFaces(
            np.stack([face.embedding.vector for _, face in found]),
            np.array(people, np.int64),
            [person_id for _, person_id in numbers],
        )
        (model,) = models
        fitted = self._fitted(faces, model, rate)
        members = [] if embeddings else [found[row] for row in fitted.rows]
        return self._file(fitted, model, faces, [_enrolled(*one) for one in members])

    def file_of_groups(self, keys: Sequence[CollectionKey], *, embeddings: bool = False) -> bytes:
        """The file of ``of_groups``.

        Raises:
            CollectionNotFound, BadArgument: as there.
        """
        return encode_cohort(self.of_groups(keys, embeddings=embeddings))

    def _fitted(self, faces: PeopleFaces, model: str, rate: float) -> FittedCohort:
        same, sure = self._stamps[model].same_cosine, self._cosine_of(model, _SURE)
        return fit_cohort(faces, VerifyScale(same, sure, rate))

    def _file(
        self,
        fitted: FittedCohort,
        model: str,
        faces: PeopleFaces,
        enrolled: Sequence[EnrolledFace],
    ) -> CohortFile:
        vectors = faces.vectors[fitted.rows if not enrolled else slice(0, 0)]
        return CohortFile(
            self._stamps[model],
            fitted.rule,
            fitted.rates,
            self._clock.now(),
            vectors.astype(np.float32),
            tuple(enrolled),
        )

    def _walk(self, key: CollectionKey) -> Iterator[tuple[Collection, PersistedFace]]:
        collection = self._collections.get(key)
        read = 0
        for page in self._people.walk_faces(collection):
            for face in page:
                yield collection, face
            read += len(page)
            if read >= _MOST_READ:
                return


def _checked(key: CollectionKey) -> CollectionKey:
    if key.kind not in (PERSON_GROUP, LARGE_PERSON_GROUP):
        raise BadArgument("A cohort is made of person groups and large person groups.")
    return key


def _enrolled(collection: Collection, face: PersistedFace) -> EnrolledFace:
    return EnrolledFace(
        collection.key, collection.incarnation, face.person_id, face.persisted_face_id
    )
