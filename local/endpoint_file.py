"""The file by which the command line finds the service: `endpoint.json` in the data folder.

It exists while the service serves. It holds the address, the certificate and the file that has the
keys, never a key.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.private_file import write_private

NAME = "endpoint.json"


@contextmanager
def endpoint_file(
    data: Path, url: str, certificate: Path | None, keys_file: str | None
) -> Iterator[None]:
    """Keep the file while the context is open.

    Args:
        certificate: what clients must trust; None for plain http.
        keys_file: a local.settings.json with FACE_KEYS; None where the environment has the keys.
    """
    content = {
        "url": url,
        "certificate": None if certificate is None else str(certificate),
        "keysFile": keys_file,
    }
    file = data / NAME
    write_private(file, json.dumps(content, indent=2) + "\n")
    try:
        yield
    finally:
        file.unlink(missing_ok=True)
