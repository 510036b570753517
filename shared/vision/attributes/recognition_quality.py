"""Whether a face is good enough to be recognised by: Azure's qualityForRecognition."""

from __future__ import annotations

from shared.domain.face.attributes import Level

HIGH = 11.4
MEDIUM = 10.1
"""Length of SFace's embedding before it is normalised.

The model returns short vectors for faces that it cannot distinguish: blurred, tiny, dark, turned
away or covered. On 900 same-person pairs of folds 3 to 5 of Labeled Faces in the Wild, half of them
with one image damaged, the shorter length of a pair predicts misses with an area under the ROC
curve of 0.94; bounds on eye distance, pose, blur, noise and exposure reach 0.87. At the bounds
chosen, as many pairs are low, medium and high as with those.
"""


def recognition_quality(norm: float) -> Level:
    """High where enrolment is advised, medium where identification is, low otherwise.

    Args:
        norm: the length of the embedding before it was normalised.
    """
    if norm >= HIGH:
        return Level.HIGH
    return Level.MEDIUM if norm >= MEDIUM else Level.LOW
