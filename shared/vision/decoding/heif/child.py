"""`python -m shared.vision.decoding.heif.child AVIF|HEIF`: decodes stdin to rows on stdout.

The process limits its own resources before it reads anything. It imports little, since one is
started for each image.
"""

from __future__ import annotations

import io
import resource
import sys

import PIL.Image

from shared.vision.decoding import exif

MEMORY_BYTES = 350_000_000
"""Most memory of the process beyond its code (RLIMIT_DATA, which Linux enforces and macOS does
not). 24.5 megapixels took 220 MB as AVIF and 193 MB as HEIC, without subsampling of colour and with
transparency 318 MB and 310 MB."""

OUT_OF_MEMORY = 3
"""Exit code."""

_CPU_SECONDS = 20
_OF_LIBHEIF = "Memory allocation error"
_ROWS = 64


def main(pillow_name: str) -> None:
    """Decode a file.

    Args:
        pillow_name: AVIF or HEIF.

    Raises:
        Exception: the file is damaged; whatever Pillow and the decoders raise.
        MemoryError: it takes more memory than the process may have.
    """
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    content = sys.stdin.buffer.read()
    if pillow_name == "HEIF":
        from pillow_heif import register_heif_opener

        register_heif_opener(thumbnails=False, decode_threads=1)
    else:
        from PIL import AvifImagePlugin

        AvifImagePlugin.DEFAULT_MAX_THREADS = 1
        content = _as_a_still(content)
    with PIL.Image.open(io.BytesIO(content), formats=(pillow_name,)) as image:
        image.load()
        orientation = exif.orientation(image.info.get("exif"))
        mode = "RGBA" if image.has_transparency_data else "RGB"
        plain = image if image.mode == mode else image.convert(mode)
        _write(plain, orientation)


def _as_a_still(content: bytes) -> bytes:
    """The still image of an animation: such files name both brands."""
    return content.replace(b"avis", b"avif", 1) if content[8:12] == b"avis" else content


def _write(image: PIL.Image.Image, orientation: int) -> None:
    answer = sys.stdout.buffer
    answer.write(f"{image.mode} {image.width} {image.height} {orientation}\n".encode())
    for top in range(0, image.height, _ROWS):
        bottom = min(top + _ROWS, image.height)
        answer.write(image.crop((0, top, image.width, bottom)).tobytes())
    answer.flush()


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except MemoryError:
        sys.exit(OUT_OF_MEMORY)
    except RuntimeError as error:
        sys.exit(OUT_OF_MEMORY if str(error).startswith(_OF_LIBHEIF) else 1)
