"""Explain: the reported and rejected faces of an image, and how candidates were judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.domain.errors import BadArgument
from shared.domain.face.attributes import Attribute
from shared.domain.face.comparison import FaceSource
from shared.domain.face.explanation import (
    CandidateRuleName,
    DetectionLimits,
    ExplainedCandidate,
    ExplainedFace,
    Explanation,
    RejectedFace,
)
from shared.domain.face.recognition import SearchScope
from shared.domain.limits import MAXIMUM_FACES_PER_IMAGE
from shared.domain.models import LATEST_RECOGNITION_MODEL
from shared.domain.requests import ImageSource
from shared.domain.values import Embedding
from shared.gallery.search.vector_index import PersonMatch
from shared.services.people.face_comparison import ImageComparison
from shared.services.people.opened_scopes import RankedScope
from shared.services.people.scope_search import ScopeSearch
from shared.services.recognition.candidate_rule import CandidateRule
from shared.services.recognition.identification_scale import Scale
from shared.services.recognition.image_analysis import ImageAnalysis
from shared.vision.candidates import SCORE_THRESHOLD

_PAIRS = 10
"""Maximum number of explained pairs with another image."""
_ATTRIBUTES = (
    Attribute.HEAD_POSE,
    Attribute.BLUR,
    Attribute.EXPOSURE,
    Attribute.NOISE,
    Attribute.QUALITY,
)


class ImageExplanation:
    """Explains detection and identification. Stores nothing."""

    def __init__(
        self,
        image_analysis: ImageAnalysis,
        scopes: ScopeSearch,
        rule: CandidateRule,
        comparison: ImageComparison,
    ) -> None:
        self._image_analysis = image_analysis
        self._scopes = scopes
        self._rule = rule
        self._comparison = comparison

    def explain(
        self,
        image: ImageSource,
        scopes: Sequence[SearchScope],
        *,
        count: int,
        threshold: float | None,
        other: FaceSource | None = None,
    ) -> Explanation:
        """Explain what detect and identify find on an image.

        Args:
            scopes: groups, or parts of the directory, whose nearest persons are explained.
            count: maximum number of persons of a face, in each scope.
            threshold: minimum confidence of a candidate, 0 to 1; None: the default.
            other: faces to compare the image's faces with, if any.

        Raises:
            CollectionNotFound, NotTrained, TrainingNotFinished: a scope cannot be searched.
            FaceNotFound: the other face is unknown or has expired.
            BadArgument: a scope is a list of faces, or recognition models cannot be compared.
            InvalidImageUrl, InvalidImageSize, InvalidImage: an image cannot be used.
            Busy: too many requests are waiting.
        """
        opened = [self._ranked(scope) for scope in scopes]
        model = opened[0].recognition_model if opened else LATEST_RECOGNITION_MODEL
        report = self._image_analysis.report(image, recognition_model=model, attributes=_ATTRIBUTES)
        embeddings = [face.embedding for face in report.faces if face.embedding is not None]
        candidates: list[list[ExplainedCandidate]] = [[] for _ in embeddings]
        for scope in opened:
            for known, some in zip(
                candidates, self._explained(scope, embeddings, count, threshold), strict=True
            ):
                known.extend(some)
        return Explanation(
            report.size,
            DetectionLimits(report.smallest, SCORE_THRESHOLD, MAXIMUM_FACES_PER_IMAGE),
            tuple(
                ExplainedFace(face, tuple(some))
                for face, some in zip(report.faces, candidates, strict=True)
            ),
            tuple(RejectedFace(one.rectangle, one.score, rule) for one, rule in report.rejected),
            None
            if other is None
            else self._comparison.compare_seen(report.faces, other, model, pairs=_PAIRS),
        )

    def _ranked(self, scope: SearchScope) -> RankedScope:
        opened = self._scopes.open_ranked(scope, LATEST_RECOGNITION_MODEL)
        if opened is None:
            raise BadArgument("Candidates are explained for groups and the directory only.")
        return opened

    def _explained(
        self,
        scope: RankedScope,
        embeddings: Sequence[Embedding],
        count: int,
        threshold: float | None,
    ) -> list[list[ExplainedCandidate]]:
        ranked = scope.rank(embeddings, count=max(count, 2)) if embeddings else None
        if ranked is None:
            return [[] for _ in embeddings]
        least = ranked.scale.default if threshold is None else threshold
        ids = list(dict.fromkeys(one.person_id for some in ranked.matches for one in some))
        names = scope.names(ids)
        explained = []
        for matches in ranked.matches:
            judged = ranked.scale.candidates(matches, of_default=threshold is None)
            verdict = _Verdict(least, threshold is None, self._rule.leads(judged))
            explained.append(
                [
                    _judged(scope.scope, match, names[match.person_id], ranked.scale, verdict)
                    for match in matches[:count]
                    if match.person_id in names
                ]
            )
        return explained


@dataclass(frozen=True, slots=True)
class _Verdict:
    """The criteria for the candidates of one face.

    Attributes:
        least: the confidence that is needed.
        of_default: whether the caller named no threshold.
        leads: whether the best person leads by the margin.
    """

    least: float
    of_default: bool
    leads: bool


def _judged(
    scope: SearchScope, match: PersonMatch, name: str, scale: Scale, verdict: _Verdict
) -> ExplainedCandidate:
    confidence = scale.confidence(match.score)
    rule = CandidateRuleName.ACCEPTED
    if verdict.of_default and match.cosine < scale.least_cosine:
        rule = CandidateRuleName.COSINE
    elif confidence < verdict.least:
        rule = CandidateRuleName.THRESHOLD
    elif not verdict.leads:
        rule = CandidateRuleName.MARGIN
    score = match.score if scale.normalised else None
    return ExplainedCandidate(
        scope, match.person_id, name, match.cosine, score, confidence, verdict.least, rule
    )
