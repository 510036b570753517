"""Query parameters that only this service's own operations have."""

from __future__ import annotations

from shared.api.parameters import Parameter, choice, flag, whole
from shared.api.resources.lineament.scopes import parse_scopes
from shared.domain import limits
from shared.domain.directory import DIRECTORY_RECOGNITION_MODELS
from shared.domain.errors import BadArgument
from shared.domain.face.recognition import SearchScope


def _confidence(text: str) -> float:
    message = "'confidenceThreshold' is invalid. Use 0 to 1."
    try:
        value = float(text) if text.isascii() and len(text) <= _LONGEST_NUMBER else -1.0
    except ValueError:
        raise BadArgument(message) from None
    if not 0.0 <= value <= 1.0:
        raise BadArgument(message)
    return value


_LONGEST_NUMBER = 32

COLLECTIONS: Parameter[tuple[SearchScope, ...]] = Parameter(
    "collections",
    (),
    parse_scopes,
    "What to search, separated by commas: largepersongroups/staff, facelists/visitors, and so on,"
    " or persondirectory; at most 10.",
    {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 10},
)
FACES = choice(
    "faces",
    "all",
    ("all", "largest"),
    "'faces' is invalid. Use all or largest.",
    "All faces of the image, or the largest one.",
)
CONFIDENCE_THRESHOLD: Parameter[float | None] = Parameter(
    "confidenceThreshold",
    None,
    _confidence,
    "Minimum confidence of a candidate; the default is that of identify.",
    {"type": "number", "minimum": 0, "maximum": 1},
)
MAXIMUM_CANDIDATES = whole(
    "maxNumOfCandidatesReturned",
    1,
    limits.IDENTIFY_CANDIDATES,
    "The argument maxNumOfCandidatesReturned is not valid.",
    "Maximum number of candidates of a face, over all collections.",
)
DIRECTORY_MODEL = choice(
    "recognitionModel",
    DIRECTORY_RECOGNITION_MODELS[-1],
    DIRECTORY_RECOGNITION_MODELS,
    "'recognitionModel' is invalid.",
    "The recognition model of the directory's faces to search; other collections have their own.",
)
REMEMBER = flag("remember", False, "Whether to store the faces and return faceIds.")
