"""Azure AI Face's documented limits, and this service's own.

https://learn.microsoft.com/rest/api/face/face-detection-operations/detect and the pages beside it.
"""

from __future__ import annotations

MINIMUM_IMAGE_BYTES = 1024
MAXIMUM_IMAGE_BYTES = 6 * 1024 * 1024
MAXIMUM_IMAGE_PIXELS = 64_000_000
"""Not Azure's. More than current cameras produce."""
MAXIMUM_SIDE = 1_000_000
"""Not Azure's. A row of such an image still fits into a band of the decoder."""
UNREDUCED_IMAGE_PIXELS = 24_000_000
"""Not Azure's. Larger images are decoded at half their size, to at most 48 MB of pixels."""
MAXIMUM_WEBP_PIXELS = 20_000_000
"""Not Azure's. libwebp takes 16 bytes a pixel and decodes at full size only."""
MAXIMUM_HEIF_PIXELS = 25_000_000
"""Not Azure's. AVIF and HEIC, decoded at full size only; phones make images of 24.5 megapixels."""
MAXIMUM_JPEG_COEFFICIENT_BYTES = 256_000_000
"""Not Azure's. The coefficients of a progressive JPEG: enough for 42 megapixels without chroma
subsampling, 64 with it."""
MAXIMUM_DECODING_BYTES = 600_000_000
"""Not Azure's. Estimated total of all concurrent decodings; a single one needs less."""

MAXIMUM_FACES_PER_IMAGE = 100
MINIMUM_FACE_PIXELS = 36
MINIMUM_FACE_PIXELS_AT = (1920, 1080)
"""Width and height up to which the smallest face is 36 px; larger images raise it in proportion."""

MAXIMUM_BODY_BYTES = 20 * 1024 * 1024
"""Not Azure's. The largest form with images; a larger one gets InvalidImageSize."""

MAXIMUM_NAME_LENGTH = 128
MAXIMUM_USER_DATA_LENGTH = 16_384
MAXIMUM_FACE_USER_DATA_LENGTH = 1_024
MAXIMUM_START_LENGTH = 64
MAXIMUM_PAGE = 1_000

FACE_ID_TIME_TO_LIVE = (60, 86_400)
DEFAULT_FACE_ID_TIME_TO_LIVE = 86_400

IDENTIFY_FACE_IDS = (1, 10)
IDENTIFY_PERSON_IDS = (1, 30)
IDENTIFY_CANDIDATES = (1, 100)
GROUP_FACE_IDS = (2, 1_000)
FIND_SIMILAR_FACE_IDS = (1, 1_000)
FIND_SIMILAR_CANDIDATES = (1, 1_000)
DEFAULT_FIND_SIMILAR_CANDIDATES = 20

SAME_PERSON_CONFIDENCE = 0.5
"""The documented operating point: from this confidence on two faces are one person."""

FACES_PER_PERSON = 248
