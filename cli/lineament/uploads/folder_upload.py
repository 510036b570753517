"""Uploads images of a folder and writes what the service found on each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import Any

from lineament.connection.client import Client
from lineament.errors import NotFound, Refused
from lineament.service.images import Listing, has_image_suffix, list_below, read_file
from lineament.service.uploads import put_upload, wait_for_upload
from lineament.text import is_unicode
from lineament.uploads.results import ResultFolder, Sent

PRESENT = "present"
"""In place of a status: the same upload has a result already."""
PENDING = "pending"
SUCCEEDED = "succeeded"
REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an image.

    Attributes:
        status: of the upload, or ``present``.
        rejected: the upload's name and why it was rejected; empty if it was not.
        unidentified: why its faces could not be identified; empty if they were, or need not be.
    """

    status: str
    rejected: str = ""
    unidentified: str = ""


@dataclass(frozen=True, slots=True)
class FolderUpload:
    """Uploads images of a folder. Threads can share it.

    Attributes:
        prefix: begins the names of the uploads.
        query: the options of each upload; those that are None are left out.
        seconds: how long to wait for a result.
        stop: ends the waiting when it is set.
    """

    client: Client
    folder: Path
    results: ResultFolder
    prefix: str
    query: Mapping[str, object]
    seconds: float
    stop: Event

    def listing(self) -> Listing:
        """The images below the folder, without hidden files and folders."""
        listing = list_below(self.folder)
        images = [file for file in listing.files if has_image_suffix(file)]
        return replace(listing, files=images)

    def upload(self, file: Path) -> Outcome:
        """Upload an image and write its result, unless the same upload has one.

        Raises:
            NotFound: the upload was deleted before it had a result.
            Unreachable: the service does not answer.
        """
        name = self.prefix + file.relative_to(self.folder).as_posix()
        sent = None
        try:
            if not is_unicode(name):
                raise Refused("The file's name is not valid UTF-8. Rename it.", code="NotUnicode")
            image = read_file(file)
            sent = Sent.of(name, image, self.query)
            if self.results.has(file, sent):
                return Outcome(PRESENT)
            put_upload(self.client, name, image, self.query)
            found = wait_for_upload(self.client, name, seconds=self.seconds, stop=self.stop)
        except NotFound:
            raise
        except Refused as error:
            if error.code == "Pending":
                return Outcome(PENDING)
            reason = {"code": error.code, "message": error.message}
            found = {"name": name, "status": REJECTED, "result": {"reason": reason}}
        self.results.write(file, found, sent)
        rejected, unidentified = (_message(found, what) for what in ("reason", "identifyError"))
        return Outcome(str(found["status"]), rejected and f"{name}: {rejected}", unidentified)


def _message(upload: Mapping[str, Any], what: str) -> str:
    error = upload.get("result", {}).get(what, {})
    return str(error.get("message", ""))
