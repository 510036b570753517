"""Query parameters that only this service's own operations have."""

from __future__ import annotations

import re

from shared.api.parameters import Parameter, choice, flag, text, whole
from shared.api.resources.lineament.scopes import parse_scope, parse_scopes
from shared.domain import limits
from shared.domain.directory import DIRECTORY_RECOGNITION_MODELS
from shared.domain.errors import BadArgument, InvalidContinuation
from shared.domain.face.recognition import SearchScope
from shared.domain.identifiers import canonical_uuid
from shared.domain.models import LATEST_RECOGNITION_MODEL
from shared.domain.requests import UploadStatus

_MOST_PADDING = 2
_DECIMAL = re.compile(r"[0-9](\.[0-9]{1,10})?")
_LONGEST_NUMBER = 32
_LONGEST_CONTINUATION = 4_096
_LONGEST_OPTION = 128


def _padding(given: str) -> float:
    if not _DECIMAL.fullmatch(given) or float(given) > _MOST_PADDING:
        raise BadArgument(f"'padding' is invalid. Use 0 to {_MOST_PADDING}.")
    return float(given)


def _confidence(given: str) -> float:
    message = "'confidenceThreshold' is invalid. Use 0 to 1."
    try:
        value = float(given) if given.isascii() and len(given) <= _LONGEST_NUMBER else -1.0
    except ValueError:
        raise BadArgument(message) from None
    if not 0.0 <= value <= 1.0:
        raise BadArgument(message)
    return value


def _person_id(given: str) -> str:
    person_id = canonical_uuid(given)
    if person_id is None:
        raise BadArgument("Person ID is invalid.")
    return person_id


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
DUPLICATE_CONFIDENCE: Parameter[float] = Parameter(
    "confidenceThreshold",
    0.75,
    _confidence,
    "Minimum confidence that two persons are one.",
    {"type": "number", "minimum": 0, "maximum": 1, "default": 0.75},
)
"""Its default follows from `make accuracy ACCURACY=duplicates`."""
MAXIMUM_CANDIDATES = whole(
    "maxNumOfCandidatesReturned",
    1,
    limits.IDENTIFY_CANDIDATES,
    "The argument maxNumOfCandidatesReturned is not valid.",
    "Maximum number of candidates of a face, over all collections.",
)
EXPLAINED_CANDIDATES = whole(
    "maxNumOfCandidatesReturned",
    5,
    limits.IDENTIFY_CANDIDATES,
    "The argument maxNumOfCandidatesReturned is not valid.",
    "Maximum number of persons of a face in each collection.",
)
DIRECTORY_MODEL = choice(
    "recognitionModel",
    LATEST_RECOGNITION_MODEL,
    DIRECTORY_RECOGNITION_MODELS,
    "'recognitionModel' is invalid.",
    "The recognition model of the directory's faces to search; other collections have their own.",
)
REMEMBER = flag("remember", False, "Whether to store the faces and return faceIds.")

COLLECTION: Parameter[SearchScope | None] = Parameter(
    "collection",
    None,
    parse_scope,
    "A collection: largepersongroups/staff, and so on, or persondirectory.",
    {"type": "string"},
)
EMBEDDINGS = flag(
    "embeddings", False, "Whether faces have their embeddings, which are biometric data."
)
PERSON_OF_FACE: Parameter[str | None] = Parameter(
    "personId",
    None,
    _person_id,
    "The person whose persisted face the id is; absent: the id is not that of a person's face.",
    {"type": "string", "format": "uuid"},
)
NAME_PREFIX = text(
    "name",
    "",
    limits.MAXIMUM_NAME_LENGTH,
    "'name' is too long.",
    "The beginning of the name, in any case; all persons if it is absent.",
)
CONTINUATION = text(
    "start",
    None,
    _LONGEST_CONTINUATION,
    InvalidContinuation.text,
    "The continuation of the previous page.",
)
TOP = whole(
    "top",
    100,
    (1, limits.MAXIMUM_PAGE),
    "'top' is invalid.",
    "Maximum number of entries to list; a page may have fewer.",
)
_ANY = "any"
UPLOAD_STATUS = choice(
    "status",
    _ANY,
    (_ANY, *UploadStatus),
    "'status' is invalid. Use any, pending, succeeded or rejected.",
    "List uploads with this status only.",
)


def _option(name: str, meaning: str) -> Parameter[str | None]:
    """An option of an upload; the service validates it as it does the metadata of a blob."""
    return text(name, None, _LONGEST_OPTION, f"'{name}' is too long.", meaning)


UPLOAD_OPTIONS = (
    _option("personGroupId", "The person group to identify each face in."),
    _option("largePersonGroupId", "The large person group to identify each face in."),
    _option("recognitionModel", "The recognition model that the faceIds are for."),
    _option("detectionModel", "The detection model."),
    _option("faceIdTimeToLive", "Lifetime of the faceIds in seconds."),
    _option("confidenceThreshold", "Minimum confidence of a candidate, 0 to 1."),
    _option("names", "Whether the result has the names of persons: true or false."),
    _option("minimumQuality", "Of uploads below enroll/: as in the operations that add a face."),
    _option("faces", "Likewise: only or largest."),
)
"""The options that the metadata of an uploaded blob may contain."""

CROP_MODE = choice(
    "mode",
    "padded",
    ("padded", "aligned", "drawn"),
    "'mode' is invalid. Use padded, aligned or drawn.",
    "A face with its surroundings, a face as it is embedded, or the image with boxes.",
)
CROP_FORMAT = choice(
    "format",
    "png",
    ("png", "jpeg"),
    "'format' is invalid. Use png or jpeg.",
    "The format of the answer.",
)
PADDING: Parameter[float] = Parameter(
    "padding",
    0.3,
    _padding,
    "The margin on each side of a padded crop, as a share of the face's rectangle.",
    {"type": "number", "minimum": 0, "maximum": _MOST_PADDING, "default": 0.3},
)
CROP_SIZE = whole(
    "size",
    0,
    (16, 2_048),
    "'size' is invalid. Use 16 to 2048 pixels.",
    "Longer side of the answer in pixels; absent: as it is.",
)
