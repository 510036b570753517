"""Values of unknown people: clusters of faces on uploads that match no enrolled person."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from shared.domain.face.attributes import Level
from shared.domain.face.geometry import Rectangle
from shared.domain.values import Embedding

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

UPLOADS_LISTED = 20
"""Maximum number of uploads whose names a cluster stores; the newest."""


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """An unknown face on an upload.

    Attributes:
        sighting_id: the same for the same face of the same version of an upload.
        upload: the name of the upload.
        seen: when the upload was written.
        quality: for recognition.
    """

    sighting_id: str
    upload: str
    seen: datetime
    rectangle: Rectangle
    quality: Level
    embedding: Embedding


@dataclass(frozen=True, slots=True)
class UploadVersion:
    """One version of an upload.

    Attributes:
        name: of the upload.
        modified: when it was written.
        digest: of its content and metadata.
    """

    name: str
    modified: datetime
    digest: str


@dataclass(frozen=True, slots=True)
class UploadSeen:
    """The name of an upload with a face of a cluster, and when it was written."""

    name: str
    seen: datetime


@dataclass(frozen=True, slots=True)
class Promotion:
    """An unfinished promotion.

    Attributes:
        person_id: of the person that the faces become.
        since: when it began, or was last tried again.
        creates: whether it creates that person.
    """

    person_id: str
    since: datetime
    creates: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Sightings that are stored together: those of a cluster before it was merged with others.

    Attributes:
        part_id: the id of that cluster.
        total: float32, (dimension,): the sum of their vectors.
        weight: the number of sightings.
    """

    part_id: str
    total: NDArray[np.float32]
    weight: int


@dataclass(frozen=True, slots=True, eq=False)
class Cluster:
    """Sightings of what is assumed to be one person.

    Attributes:
        model: the embedding model of all sightings.
        parts: at least one.
        days: date, as in 2026-11-26, to the number of sightings of that day, stored or not.
        uploads: newest first.
        erasing: whether it is deleted, and its sightings are about to be.
        promotion: an unfinished promotion to a person.
        etag: of its document; empty before it is written.
    """

    unknown_id: str
    model: str
    parts: tuple[Part, ...]
    days: Mapping[str, int]
    first_seen: datetime
    last_seen: datetime
    uploads: tuple[UploadSeen, ...]
    erasing: bool = False
    promotion: Promotion | None = None
    etag: str = field(default="", repr=False)

    def part(self, part_id: str) -> Part | None:
        """The part with that id."""
        return next((one for one in self.parts if one.part_id == part_id), None)

    def count_since(self, moment: datetime) -> int:
        """The number of sightings on the day of a moment and later."""
        return sum(number for day, number in self.days.items() if day >= day_of(moment))

    def with_sighting(
        self, sighting: Sighting, part_id: str, trimmed: Sighting | None = None
    ) -> Cluster:
        """The cluster with one more sighting in a part; ``trimmed`` is no longer stored."""
        day = day_of(sighting.seen)

        def change(part: Part) -> Part:
            total = part.total + sighting.embedding.vector
            if trimmed is None:
                return replace(part, total=total, weight=part.weight + 1)
            return replace(part, total=total - trimmed.embedding.vector)

        return replace(
            self,
            parts=self._changed(part_id, change),
            days={**self.days, day: self.days.get(day, 0) + 1},
            first_seen=min(self.first_seen, sighting.seen),
            last_seen=max(self.last_seen, sighting.seen),
            uploads=_newest([UploadSeen(sighting.upload, sighting.seen), *self.uploads]),
        )

    def without_sighting(self, sighting: Sighting, part_id: str) -> Cluster:
        """The cluster without a stored sighting; without parts if that was the last one."""
        day = day_of(sighting.seen)
        days = {**self.days, day: self.days.get(day, 1) - 1}

        def change(part: Part) -> Part:
            total = part.total - sighting.embedding.vector
            return replace(part, total=total, weight=part.weight - 1)

        return replace(
            self,
            parts=tuple(one for one in self._changed(part_id, change) if one.weight > 0),
            days={one: number for one, number in days.items() if number > 0},
            uploads=tuple(one for one in self.uploads if one.name != sighting.upload),
        )

    def merged_with(self, other: Cluster) -> Cluster:
        """The union of both clusters, under this one's id."""
        days = dict(self.days)
        for day, number in other.days.items():
            days[day] = days.get(day, 0) + number
        return replace(
            self,
            parts=(*self.parts, *other.parts),
            days=days,
            first_seen=min(self.first_seen, other.first_seen),
            last_seen=max(self.last_seen, other.last_seen),
            uploads=_newest([*self.uploads, *other.uploads]),
        )

    def rebuilt(self, sightings: Sequence[tuple[str, Sighting]], oldest: datetime) -> Cluster:
        """The cluster of the sightings that have not expired.

        Args:
            sightings: all that are stored, at least one, with the part of each.
            oldest: what was seen before this has expired.
        """
        stored: dict[str, list[Sighting]] = {}
        for part_id, sighting in sightings:
            stored.setdefault(part_id, []).append(sighting)
        return replace(
            self,
            parts=tuple(_part(part_id, some) for part_id, some in stored.items()),
            days={day: number for day, number in self.days.items() if day >= day_of(oldest)},
            first_seen=max(self.first_seen, oldest),
            uploads=tuple(one for one in self.uploads if one.seen > oldest),
        )

    def _changed(self, part_id: str, change: Callable[[Part], Part]) -> tuple[Part, ...]:
        return tuple(change(one) if one.part_id == part_id else one for one in self.parts)


@dataclass(frozen=True, slots=True)
class UnknownPerson:
    """A cluster as it is shown.

    Attributes:
        count: sightings within the retention, whether stored or not.
        uploads: names, newest first.
    """

    unknown_id: str
    count: int
    first_seen: datetime
    last_seen: datetime
    uploads: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewPerson:
    """The name and userData of the person to create."""

    name: str
    user_data: str | None


@dataclass(frozen=True, slots=True)
class Promoted:
    """The person, and the faces that came from the cluster."""

    person_id: str
    face_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnknownPeople:
    """A page of clusters, by count.

    Attributes:
        continuation: where the next page begins; None after the last cluster.
    """

    unknowns: Sequence[UnknownPerson]
    continuation: str | None


def new_cluster(unknown_id: str, sighting: Sighting) -> Cluster:
    """A cluster of one sighting."""
    return Cluster(
        unknown_id,
        sighting.embedding.model,
        (_part(unknown_id, [sighting]),),
        days={day_of(sighting.seen): 1},
        first_seen=sighting.seen,
        last_seen=sighting.seen,
        uploads=(UploadSeen(sighting.upload, sighting.seen),),
    )


def day_of(moment: datetime) -> str:
    """The date of a moment as ISO 8601, which sorts by time."""
    return moment.date().isoformat()


def _part(part_id: str, sightings: Sequence[Sighting]) -> Part:
    total = sightings[0].embedding.vector
    for one in sightings[1:]:
        total = total + one.embedding.vector
    return Part(part_id, total, len(sightings))


def _newest(uploads: Sequence[UploadSeen]) -> tuple[UploadSeen, ...]:
    """The newest uploads, newest first, each name once."""
    ordered = sorted(uploads, key=lambda one: one.seen)
    by_name = {one.name: one for one in ordered}
    newest = sorted(by_name.values(), key=lambda one: one.seen, reverse=True)
    return tuple(newest[:UPLOADS_LISTED])
