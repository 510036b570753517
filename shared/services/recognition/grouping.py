"""Group: divides detected faces into one group per person, by their similarity."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.domain.limits import SAME_PERSON_CONFIDENCE
from shared.services.recognition.comparison import Comparison, incompatible_models
from shared.storage.records.detected_faces import DetectedFaces

_NEVER = np.float32(-2.0)
"""Less than every cosine; marks pairs of clusters that no longer exist."""


@dataclass(frozen=True, slots=True)
class GroupedFaces:
    """The faceIds of a grouping.

    Attributes:
        groups: of two or more faces each, the largest first.
        messy: faces that are similar to no other.
    """

    groups: tuple[tuple[str, ...], ...]
    messy: tuple[str, ...]


class FaceGrouping:
    """Groups detected faces."""

    def __init__(self, detected_faces: DetectedFaces, comparison: Comparison) -> None:
        self._detected_faces = detected_faces
        self._comparison = comparison

    def group(self, face_ids: Sequence[str]) -> GroupedFaces:
        """Group faces.

        Args:
            face_ids: 2 to 1,000 ids; repeated ids are ignored.

        Returns:
            Each faceId exactly once, in groups and among them in the given order.

        Raises:
            FaceNotFound: a face is unknown or has expired.
            BadArgument: the faces were detected for different recognition models.
        """
        faces = self._detected_faces.all_of(list(dict.fromkeys(face_ids)))
        models = {(face.recognition_model, face.embedding.model) for face in faces}
        if len(models) > 1:
            raise incompatible_models()
        model = faces[0].embedding.model

        def is_similar(score: float) -> bool:
            return self._comparison.confidence(model, score) >= SAME_PERSON_CONFIDENCE

        vectors = np.stack([face.embedding.vector for face in faces])
        scores = self._comparison.scores(model, vectors, vectors)
        clusters = average_linkage(scores, is_similar)
        named = [tuple(faces[number].face_id for number in cluster) for cluster in clusters]
        groups = sorted((group for group in named if len(group) > 1), key=len, reverse=True)
        return GroupedFaces(tuple(groups), tuple(one[0] for one in named if len(one) == 1))


def average_linkage(
    similarity: NDArray[np.float32], is_similar: Callable[[float], bool]
) -> list[list[int]]:
    """Cluster by average linkage (Sokal and Michener 1958, with Lance and Williams' update).

    Joins the two clusters with the highest average similarity while that average is high enough.
    Unlike with connected components, a single similar pair does not join two persons, because all
    their other pairs are averaged too.

    Args:
        similarity: float32, (n, n), symmetric, -1 to 1; n = 1,000 takes 0.3 s on one core.
        is_similar: whether clusters of that average similarity are joined.

    Returns:
        Clusters of ascending numbers, ordered by their first number.
    """
    means = similarity.astype(np.float32, copy=True)
    np.fill_diagonal(means, _NEVER)
    clusters = {number: [number] for number in range(len(means))}
    while len(clusters) > 1:
        one, other = divmod(int(np.argmax(means)), len(means))
        if not is_similar(float(means[one, other])):
            break
        keep, gone = min(one, other), max(one, other)
        weight, weight_gone = len(clusters[keep]), len(clusters[gone])
        joined = (weight * means[keep] + weight_gone * means[gone]) / (weight + weight_gone)
        means[keep], means[:, keep] = joined, joined
        means[gone], means[:, gone] = _NEVER, _NEVER
        means[keep, keep] = _NEVER
        clusters[keep] = sorted(clusters[keep] + clusters.pop(gone))
    return [clusters[number] for number in sorted(clusters)]
