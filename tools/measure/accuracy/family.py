"""Parents and children: the effect of the margin in a family whose members are similar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shared.domain.limits import SAME_PERSON_CONFIDENCE
from shared.domain.values import Candidate, Embedding
from shared.services.recognition.candidate_rule import CandidateRule
from shared.services.recognition.comparison import Comparison
from shared.vision.analyzer import FaceAnalyzer, load_analyzer
from tools.measure.accuracy.embeddings import wanted_precision
from tools.measure.accuracy.reference import DATA, central_face
from tools.measure.accuracy.table import Table

MARGINS = (0.0, 0.1, 0.2, 0.3, 0.4)
FAMILY = "Family1"

_Images = Sequence[tuple[str, Embedding]]


def measure() -> Table:
    """Identifies each portrait of the family among the others, with and without its person."""
    analyzer = load_analyzer(precision=wanted_precision())
    comparison = Comparison({analyzer.embedding_model: analyzer.confidence})
    images = _images(analyzer)
    rows = []
    for margin in MARGINS:
        right = wrong = relative = 0
        for number, (person, probe) in enumerate(images):
            others = [*images[:number], *images[number + 1 :]]
            found = _best(comparison, probe, others, margin)
            right += found == person
            wrong += found not in (None, person)
            strangers = [other for other in others if other[0] != person]
            relative += _best(comparison, probe, strangers, margin) is not None
        rows.append((margin, right, wrong, len(images) - right - wrong, relative))
    return Table(
        f"Identification margin on the {len(images)} portraits of {FAMILY}, two parents and"
        " two children, at confidence 0.5; the last column: a relative named in place of a person"
        " who is not enrolled",
        ("margin", "named right", "named wrong", "not named", "relative named"),
        rows,
    )


def _images(analyzer: FaceAnalyzer) -> _Images:
    """The person and the embedding of each portrait."""
    found = []
    for path in sorted((DATA / "faces").glob(f"{FAMILY}-*.jpg")):
        image = analyzer.decode(path.read_bytes())
        face = central_face(analyzer, image)
        if face is not None:
            found.append((path.stem.rstrip("0123456789"), analyzer.embed(image, [face])[0]))
    return found


def _best(comparison: Comparison, probe: Embedding, enrolled: _Images, margin: float) -> str | None:
    """The candidate that identify returns, or None."""
    persons: Mapping[str, list[Embedding]] = {
        person: [embedding for one, embedding in enrolled if one == person]
        for person, _ in enrolled
    }
    ranked = sorted(
        (Candidate(person, comparison.best(probe, faces)) for person, faces in persons.items()),
        key=lambda candidate: -candidate.confidence,
    )
    chosen = CandidateRule(margin).choose(ranked, count=1, threshold=SAME_PERSON_CONFIDENCE)
    return chosen[0].person_id if chosen else None
