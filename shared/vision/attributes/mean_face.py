"""The mean face: positions of 31 of the 68 landmarks in space."""

from __future__ import annotations

import numpy as np

MIRRORED = (
    *range(16, -1, -1),
    *range(26, 16, -1),
    *(27, 28, 29, 30, 35, 34, 33, 32, 31),
    *(45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40),
    *(54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55),
    *(64, 63, 62, 61, 60, 67, 66, 65),
)
"""Which of the 68 points each becomes when the image is mirrored."""

_PLACES = {
    3: (-0.773, 0.380, 0.678),
    5: (-0.565, 0.757, 0.488),
    8: (0.000, 1.052, 0.153),
    11: (0.565, 0.757, 0.488),
    13: (0.773, 0.380, 0.678),
    17: (-0.668, -0.411, 0.164),
    18: (-0.564, -0.500, 0.042),
    19: (-0.417, -0.524, -0.064),
    20: (-0.265, -0.500, -0.148),
    21: (-0.123, -0.442, -0.200),
    22: (0.123, -0.442, -0.200),
    23: (0.265, -0.500, -0.148),
    24: (0.417, -0.524, -0.064),
    25: (0.564, -0.500, 0.042),
    26: (0.668, -0.411, 0.164),
    27: (0.000, -0.278, -0.192),
    28: (0.000, -0.141, -0.268),
    29: (0.000, -0.006, -0.354),
    30: (0.000, 0.134, -0.437),
    31: (-0.174, 0.233, -0.185),
    32: (-0.090, 0.262, -0.229),
    33: (0.000, 0.286, -0.256),
    34: (0.090, 0.262, -0.229),
    35: (0.174, 0.233, -0.185),
    36: (-0.500, -0.258, 0.094),
    39: (-0.211, -0.239, 0.016),
    42: (0.211, -0.239, 0.016),
    45: (0.500, -0.258, 0.094),
    48: (-0.321, 0.498, 0.114),
    51: (0.000, 0.441, -0.187),
    54: (0.321, 0.498, 0.114),
}
"""Right, down and into the image, in distances of the outer corners of the eyes, as printed by
`python -m tools.train.mean_face $DATA/lfw/images`. Points that move with speech and the eyelids are
left out.
"""

MEAN_FACE_POINTS = tuple(_PLACES)
"""The points, of 68, that the mean face has."""

MEAN_FACE = np.array(list(_PLACES.values()), np.float64)
"""The mean face, (31, 3), in the order of MEAN_FACE_POINTS."""
