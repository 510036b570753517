"""The structure of a JPEG file (ITU-T T.81 Annex B), read before anything is decoded.

A decoder's time grows with the number of scans, segments and fill bytes, its memory with the
coefficients that a progressive image needs. All of these are known from the markers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from shared.domain.errors import InvalidImage
from shared.vision.decoding.encoded import UNREADABLE
from shared.vision.decoding.exif import PREFIX as EXIF_PREFIX

_START, _END, _SCAN, _TABLES_OF_HUFFMAN = 0xD8, 0xD9, 0xDA, 0xC4
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_TABLES = frozenset({0xC4, 0xCC, 0xDB, 0xDD})
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})
_JFIF, _EXIF, _ADOBE = 0xE0, 0xE1, 0xEE
_JFIF_BYTES = 14
_ADOBE_BYTES = 12

# Patterns begin with a literal byte, which `re` searches for at the speed of memchr. None of them
# begins with a repetition: in a run of fill bytes without a marker it would be tried at every byte.
_MARKER = re.compile(rb"\xff[^\x00\xff]")
_AFTER_ENTROPY = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_FILL = re.compile(rb"\xff\xff+")

MAXIMUM_SCANS = 100
"""Cameras write 1, libjpeg's progressive script 10, optimisers fewer than 20."""
MAXIMUM_TABLES = 1_000
"""Segments of tables; a camera writes fewer than 10, a progressive file one or two per scan."""

END_OF_IMAGE = b"\xff\xd9"


@dataclass(frozen=True, slots=True)
class Component:
    """A colour channel of the frame and its sampling factors, 1 to 4 in both directions."""

    identifier: int
    horizontal: int
    vertical: int


@dataclass(slots=True)
class JpegStructure:
    """The content of the markers.

    Attributes:
        frame: the code of the frame's marker.
        exif: the first Exif block, without its prefix.
        scan_blocks: for each scan, the number of blocks of its components.
        parts: the file without metadata, thumbnails and fill bytes.
        precision: for each component, the number of bits still missing of each of its 64
            coefficients; 255 if no scan holds it.
        ended: whether there is an end marker.
    """

    frame: int = 0
    width: int = 0
    height: int = 0
    components: tuple[Component, ...] = ()
    exif: bytes | None = None
    scan_blocks: list[int] = field(default_factory=list)
    parts: list[bytes] = field(default_factory=list)
    tables: int = 0
    several_scans: bool = False
    precision: dict[int, bytearray] = field(default_factory=dict)
    ended: bool = False

    @property
    def keeps_coefficients(self) -> bool:
        """Whether a decoder holds all coefficients until the last scan is read."""
        return self.frame in _PROGRESSIVE or self.several_scans

    @property
    def blocks(self) -> int:
        """The blocks of 8 by 8 samples of all components."""
        return sum(map(self._blocks_of, self.components))

    def _blocks_of(self, component: Component) -> int:
        widest = max(one.horizontal for one in self.components)
        highest = max(one.vertical for one in self.components)
        columns = math.ceil(self.width / (8 * widest)) * component.horizontal
        return columns * math.ceil(self.height / (8 * highest)) * component.vertical

    def read_frame(self, code: int, body: memoryview) -> None:
        """Read a frame header (B.2.2)."""
        if self.frame or len(body) < 6 or len(body) < 6 + 3 * body[5]:
            raise InvalidImage(UNREADABLE)
        self.frame = code
        self.height, self.width = body[1] << 8 | body[2], body[3] << 8 | body[4]
        self.components = tuple(
            Component(body[at], body[at + 1] >> 4, body[at + 1] & 15)
            for at in range(6, 6 + 3 * body[5], 3)
        )
        sampling = [n for one in self.components for n in (one.horizontal, one.vertical)]
        if not sampling or min(sampling) < 1 or max(sampling) > 4:
            raise InvalidImage(UNREADABLE)

    def read_scan(self, body: memoryview) -> None:
        """Read a scan header (B.2.3)."""
        if not self.frame or len(body) < 1 or len(body) < 1 + 2 * body[0]:
            raise InvalidImage(UNREADABLE)
        named = {body[at] for at in range(1, 1 + 2 * body[0], 2)}
        scanned = [one for one in self.components if one.identifier in named]
        self.scan_blocks.append(sum(map(self._blocks_of, scanned)))
        self.several_scans |= len(scanned) < len(self.components)
        self._note_coefficients(body, scanned)
        if len(self.scan_blocks) > MAXIMUM_SCANS:
            raise InvalidImage(f"{UNREADABLE} The JPEG has more than {MAXIMUM_SCANS} scans.")

    def _note_coefficients(self, body: memoryview, scanned: Sequence[Component]) -> None:
        """Note which coefficients a scan holds, and down to which bit (G.1.1.1)."""
        spectral = bytes(body[1 + 2 * body[0] : 4 + 2 * body[0]])
        first, last, approximation = spectral if len(spectral) == 3 else (0, 63, 0)
        if self.frame not in _PROGRESSIVE:
            first, last, approximation = 0, 63, 0
        for component in scanned:
            lacking = self.precision.setdefault(component.identifier, bytearray(b"\xff" * 64))
            for coefficient in range(first, min(last, 63) + 1):
                lacking[coefficient] = approximation & 15

    @property
    def has_all_coefficients(self) -> bool:
        """Whether the scans hold every bit of every coefficient."""
        return all(not any(self.precision.get(one.identifier, b"\1")) for one in self.components)

    def keep(self, code: int, body: bytes) -> None:
        """Add a segment to the file that is decoded."""
        if code in _TABLES:
            self.tables += 1
            if self.tables > MAXIMUM_TABLES:
                raise InvalidImage(f"{UNREADABLE} The JPEG has too many tables.")
        self.parts.append(bytes((0xFF, code)) + (len(body) + 2).to_bytes(2) + body)


def read_structure(content: bytes) -> JpegStructure:
    """Read all markers of a JPEG file.

    Raises:
        InvalidImage: the file has no frame or no scan, or more scans or tables than any camera
            writes.
    """
    found = JpegStructure(parts=[bytes((0xFF, _START))])
    view = memoryview(content)
    at = 2
    application_seen: set[int] = set()
    while (marker := _MARKER.search(content, at)) is not None:
        code, at = content[marker.end() - 1], marker.end()
        if code == _END:
            found.ended = True
            break
        if code in _WITHOUT_LENGTH or code == _START:
            continue
        # libjpeg takes a length below its own two bytes for an empty segment.
        end = at + max(2, int.from_bytes(view[at : at + 2]))
        if end > len(content):
            break
        body, at = view[at + 2 : end], end
        if code in (_JFIF, _EXIF, _ADOBE):
            _read_application(found, code, body, application_seen)
        elif code in _FRAMES:
            found.read_frame(code, body)
            found.keep(code, bytes(body))
        elif code in _TABLES:
            found.keep(code, bytes(body))
        elif code == _SCAN:
            found.read_scan(body)
            found.keep(code, bytes(body))
            at = _keep_entropy(found, content, at)
    if not found.scan_blocks:
        raise InvalidImage(UNREADABLE)
    return found


def _read_application(found: JpegStructure, code: int, body: memoryview, seen: set[int]) -> None:
    """Keep what determines the colour space, without thumbnails, and the EXIF block."""
    if code in seen:
        return
    if code == _EXIF:
        # The prefix ends with a byte of any value (EXIF 2.32 §4.7.2). Browsers read the first block
        # that is not empty, and none behind a scan.
        if bytes(body[:5]) == EXIF_PREFIX[:5] and len(body) > len(EXIF_PREFIX):
            seen.add(code)
            found.exif = None if found.scan_blocks else bytes(body[len(EXIF_PREFIX) :])
    elif code == _JFIF and bytes(body[:5]) == b"JFIF\0" and len(body) >= _JFIF_BYTES:
        seen.add(code)
        # The last two bytes are the size of a thumbnail, which is left out.
        found.keep(code, bytes(body[: _JFIF_BYTES - 2]) + b"\0\0")
    elif code == _ADOBE and bytes(body[:5]) == b"Adobe" and len(body) >= _ADOBE_BYTES:
        seen.add(code)
        found.keep(code, bytes(body[:_ADOBE_BYTES]))


def _keep_entropy(found: JpegStructure, content: bytes, at: int) -> int:
    """Add a scan's data; returns where the next marker, or the end of the file, is."""
    marker = _AFTER_ENTROPY.search(content, at)
    if marker is None:
        # A marker that is cut off after its first byte is not one.
        found.parts.append(_FILL.sub(b"\xff", content[at:]).rstrip(b"\xff"))
        return len(content)
    # Fill bytes may stand before a marker.
    data = content[at : marker.start()].rstrip(b"\xff")
    found.parts.append(_FILL.sub(b"\xff", data))
    return marker.start()
