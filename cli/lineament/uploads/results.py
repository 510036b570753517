"""The results of uploads as a folder of JSON files, one an image."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lineament.text import encoded_json

_SENT = "sent"
_SUCCEEDED = "succeeded"


@dataclass(frozen=True, slots=True)
class Sent:
    """What was uploaded: another image, name or option makes another result.

    Attributes:
        name: of the upload.
        content: SHA-256 of the image's bytes, in hexadecimal digits.
        options: the query of the upload.
    """

    name: str
    content: str
    options: Mapping[str, object]

    @classmethod
    def of(cls, name: str, image: bytes, query: Mapping[str, object]) -> Sent:
        """The upload of an image; options that are None are left out."""
        options = {key: value for key, value in query.items() if value is not None}
        return cls(name, hashlib.sha256(image).hexdigest(), options)


class ResultFolder:
    """The results of the images of a folder.

    Args:
        folder: where the results are written; made when the first one is.
        images: the folder of the images.
    """

    def __init__(self, folder: Path, images: Path) -> None:
        self._folder = folder
        self._images = images

    def has(self, image: Path, sent: Sent) -> bool:
        """Whether the same upload succeeded before, and its faces were identified if asked for."""
        try:
            found = json.loads(self._file(image).read_text("utf-8"))
        except (OSError, ValueError):
            return False
        return (
            isinstance(found, dict)
            and (found.get("name"), found.get("status")) == (sent.name, _SUCCEEDED)
            and found.get(_SENT) == _described(sent)
            and not found.get("result", {}).get("identifyError")
        )

    def write(self, image: Path, upload: Mapping[str, Any], sent: Sent | None) -> None:
        """Write the result of an image, in place of an earlier one.

        Args:
            sent: what was uploaded; None where the image cannot be read.
        """
        file = self._file(image)
        file.parent.mkdir(parents=True, exist_ok=True)
        content = dict(upload) if sent is None else {**upload, _SENT: _described(sent)}
        temporary = file.with_name(f".{file.name}.part")
        temporary.write_text(encoded_json(content) + "\n", "utf-8")
        temporary.replace(file)

    def _file(self, image: Path) -> Path:
        name = image.relative_to(self._images)
        return self._folder / name.with_name(name.name + ".json")


def _described(sent: Sent) -> dict[str, object]:
    return {"content": sent.content, "options": dict(sent.options)}
