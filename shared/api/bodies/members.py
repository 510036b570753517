"""Types of members that many bodies have, with their constraints for the OpenAPI description.

The constraints are not checked by msgspec: the functions ``checked_…`` reject values out of range
with Azure's messages.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from shared.domain import limits
from shared.domain.face.attributes import Glasses
from shared.domain.identifiers import COLLECTION_ID
from shared.domain.requests import MatchMode
from shared.domain.values import TrainingStatus

RECOGNITION_MODELS_HERE = "x-recognition-models"
"""Marks a member whose values are the deployment's recognition models."""
REQUIRED = "x-required"
"""Marks a member that must be there, although the body is decoded without it."""


def _described(**schema: Any) -> msgspec.Meta:
    return msgspec.Meta(extra_json_schema=schema)


def _length(bounds: tuple[int, int]) -> msgspec.Meta:
    return _described(minItems=bounds[0], maxItems=bounds[1])


def _range(bounds: tuple[int, int]) -> msgspec.Meta:
    return _described(minimum=bounds[0], maximum=bounds[1])


Uuid = Annotated[str, _described(format="uuid")]
Url = Annotated[str, _described(format="uri")]
Time = Annotated[str, _described(format="date-time")]
CollectionId = Annotated[str, _described(pattern=f"^{COLLECTION_ID.pattern}$")]
_NAME_LENGTH = {"minLength": 1, "maxLength": limits.MAXIMUM_NAME_LENGTH}
RequiredName = Annotated[str, _described(**{**_NAME_LENGTH, REQUIRED: True})]
Name = Annotated[str, _described(**_NAME_LENGTH)]
UserData = Annotated[str, _described(maxLength=limits.MAXIMUM_USER_DATA_LENGTH)]
FaceUserData = Annotated[str, _described(maxLength=limits.MAXIMUM_FACE_USER_DATA_LENGTH)]
RecognitionModel = Annotated[str, _described(**{RECOGNITION_MODELS_HERE: True})]
Confidence = Annotated[float, _described(minimum=0, maximum=1)]
Share = Annotated[float, _described(minimum=0, maximum=1)]
Cosine = Annotated[float, _described(minimum=-1, maximum=1)]
IdentifyThreshold = Annotated[
    float,
    _described(
        minimum=0,
        maximum=1,
        description="The least confidence of a candidate. Without it the default counts, which is"
        " 0.5 unless the operator moved it.",
    ),
]
Degrees = Annotated[float, _described(minimum=-180, maximum=180)]
GlassesType = Annotated[
    str, _described(enum=[*Glasses, *(one[0].upper() + one[1:] for one in Glasses)])
]
"""In the spelling of the version: ``noGlasses`` or, before v1.1, ``NoGlasses``."""
Percent = Annotated[int, _described(minimum=0, maximum=100)]
TrainingState = Annotated[str, _described(enum=[*TrainingStatus])]
Mode = Annotated[str, _described(enum=[*MatchMode])]

FaceIdsToIdentify = Annotated[list[Uuid], _length(limits.IDENTIFY_FACE_IDS)]
FaceIdsToCompare = Annotated[list[Uuid], _length(limits.FIND_SIMILAR_FACE_IDS)]
FaceIdsToGroup = Annotated[list[Uuid], _length(limits.GROUP_FACE_IDS)]
IdentifyCandidates = Annotated[int, _range(limits.IDENTIFY_CANDIDATES)]
SimilarCandidates = Annotated[int, _range(limits.FIND_SIMILAR_CANDIDATES)]
AddedPersonIds = Annotated[list[Uuid], _described(minItems=1)]
PersonIdsOrAll = Annotated[list[str], _length(limits.IDENTIFY_PERSON_IDS)]
"""PersonIds, or ``*`` alone for all persons."""
