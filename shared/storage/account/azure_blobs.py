"""Blobs in Azure Storage or Azurite."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from email.utils import parsedate_to_datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any, cast

from azure.core import MatchConditions
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import BlobProperties as AzureBlobProperties
from azure.storage.blob import BlobType, ContentSettings

from shared.domain.errors import BlobChanged, InvalidContinuation, Unavailable
from shared.storage.account.blobs import ABSENT, BlobPage, BlobProperties, OpenedBlob
from shared.storage.account.errors import storage_faults, unreachable

if TYPE_CHECKING:
    from azure.core.paging import PageIterator
    from azure.core.pipeline import PipelineResponse
    from azure.storage.blob import BlobClient, BlobServiceClient


_OK = 200
_BAD_REQUEST = 400
_LISTINGS = 3
"""Attempts to list a page if its response came by a retry of the SDK."""
_RANGE_NOT_SATISFIABLE = 416


class AzureBlobStore:
    """A BlobStore over azure-storage-blob. Thread-safe.

    Reading from a missing container is like reading a missing blob. Writing to one raises
    Unavailable: the deployment creates containers, not the service.
    """

    def __init__(self, service: BlobServiceClient) -> None:
        """Use the account of this client; the caller closes it."""
        self._service = service

    def properties(self, container: str, name: str) -> BlobProperties | None:
        """See BlobStore.properties."""
        with storage_faults():
            try:
                return _properties(self._client(container, name).get_blob_properties())
            except ResourceNotFoundError:
                return None

    def open(self, container: str, name: str, *, most: int) -> OpenedBlob | None:
        """See BlobStore.open; an empty blob takes two requests.

        Raises:
            Unavailable: the blob was overwritten meanwhile.
        """
        with storage_faults():
            try:
                answer = self._client(container, name).download_blob(0, most, decompress=False)
                content = answer.readall()
            except ResourceNotFoundError:
                return None
            except HttpResponseError as error:
                if error.status_code != _RANGE_NOT_SATISFIABLE:
                    raise
                return self._opened_empty(container, name)
        properties = _properties(answer.properties)
        # The SDK reports the size of the range as the size of the blob.
        total = str(answer.properties.content_range).rpartition("/")[2]
        return OpenedBlob(replace(properties, size=int(total)), content)

    def read(self, container: str, name: str, *, etag: str | None = None) -> bytes | None:
        """See BlobStore.read. Raises Unavailable if the blob is overwritten during the read."""
        client = self._client(container, name)
        with storage_faults():
            try:
                if etag is None:
                    return client.download_blob(decompress=False).readall()
                return client.download_blob(
                    etag=f'"{etag}"',
                    match_condition=MatchConditions.IfNotModified,
                    decompress=False,
                ).readall()
            except ResourceNotFoundError:
                return None
            except ResourceModifiedError as error:
                if etag is None:
                    raise _overwritten() from error
                return None

    def download(self, container: str, name: str, target: Path) -> bool:
        """See BlobStore.download. The file is complete or does not exist.

        Raises:
            Unavailable: the blob was overwritten during the read.
        """
        with (
            storage_faults(),
            NamedTemporaryFile(dir=target.parent, suffix=".partial", delete=False) as partial,
        ):
            try:
                self._client(container, name).download_blob(decompress=False).readinto(partial)
                partial.close()
                Path(partial.name).replace(target)
            except ResourceNotFoundError:
                return False
            except ResourceModifiedError as error:
                raise _overwritten() from error
            finally:
                Path(partial.name).unlink(missing_ok=True)
        return True

    def write(
        self,
        container: str,
        name: str,
        content: bytes | Path,
        *,
        metadata: Mapping[str, str] | None = None,
        content_type: str = "application/octet-stream",
        expected: str | None = None,
    ) -> str:
        """See BlobStore.write."""
        client = self._client(container, name)
        options: dict[str, Any] = {
            "metadata": dict(metadata or {}),
            "content_settings": ContentSettings(content_type=content_type),
            **_condition(expected),
        }
        with storage_faults():
            try:
                if isinstance(content, bytes):
                    answer = client.upload_blob(content, **options)
                else:
                    with content.open("rb") as file:
                        size = content.stat().st_size
                        answer = client.upload_blob(file, length=size, **options)
            except (ResourceExistsError, ResourceModifiedError) as error:
                if expected is None:
                    raise
                raise BlobChanged from error
        return _unquoted(str(answer["etag"]))

    def delete(self, container: str, name: str) -> bool:
        """See BlobStore.delete."""
        with storage_faults():
            try:
                self._client(container, name).delete_blob(delete_snapshots="include")
            except ResourceNotFoundError:
                return False
            return True

    def listing(
        self, container: str, *, prefix: str = "", with_metadata: bool = False
    ) -> Iterator[BlobProperties]:
        """See BlobStore.listing. Requests 5,000 blobs at a time."""
        with storage_faults():
            blobs = self._service.get_container_client(container).list_blobs(
                name_starts_with=prefix or None, include=["metadata"] if with_metadata else None
            )
            for blob in blobs:
                yield _properties(blob)

    def page(
        self, container: str, *, top: int, prefix: str = "", continuation: str | None = None
    ) -> BlobPage:
        """See BlobStore.page.

        When the SDK retries after a broken connection, it drops the hook that reads the time of the
        response; the page is then listed again.
        """
        for _ in range(_LISTINGS):
            page = self._list_page(container, top, prefix, continuation)
            if page is not None:
                return page
        raise unreachable()

    def _list_page(
        self, container: str, top: int, prefix: str, continuation: str | None
    ) -> BlobPage | None:
        """A page; None if the time of the response is unknown."""
        client = self._service.get_container_client(container)
        dates: list[str] = []

        def answered(response: PipelineResponse[Any, Any]) -> None:
            if response.http_response.status_code == _OK:  # not a failure that is retried
                dates.append(response.http_response.headers["Date"])

        with storage_faults():
            try:
                listed = client.list_blobs(
                    name_starts_with=prefix or None,
                    results_per_page=top,
                    raw_response_hook=answered,
                ).by_page(continuation)
                pages = cast("PageIterator[AzureBlobProperties]", listed)
                blobs = tuple(_properties(blob) for blob in next(pages, ()))
            except HttpResponseError as error:
                if continuation is None or error.status_code != _BAD_REQUEST:
                    raise
                raise InvalidContinuation from error
        if not dates:
            return None
        time = parsedate_to_datetime(dates[-1])
        return BlobPage(blobs, pages.continuation_token or None, time)

    def _opened_empty(self, container: str, name: str) -> OpenedBlob | None:
        """An empty blob, from which no range can be read."""
        found = self.properties(container, name)
        if found is not None and found.size > 0:
            raise _overwritten()
        return None if found is None else OpenedBlob(found, b"")

    def _client(self, container: str, name: str) -> BlobClient:
        return self._service.get_blob_client(container, name)


def _properties(blob: AzureBlobProperties) -> BlobProperties:
    return BlobProperties(
        container=str(blob.container),
        name=str(blob.name),
        etag=_unquoted(str(blob.etag)),
        size=int(blob.size),
        modified=blob.last_modified,
        metadata={name.lower(): value for name, value in (blob.metadata or {}).items()},
        encoding=str(blob.content_settings.content_encoding or ""),
        appendable=blob.blob_type == BlobType.APPENDBLOB,
    )


def _condition(expected: str | None) -> dict[str, Any]:
    """The SDK's arguments for the precondition of a write."""
    if expected is None:
        return {"overwrite": True}
    if expected == ABSENT:
        return {"overwrite": False}
    return {
        "overwrite": True,
        "etag": f'"{expected}"',
        "match_condition": MatchConditions.IfNotModified,
    }


def _unquoted(etag: str) -> str:
    return etag.strip('"')


def _overwritten() -> Unavailable:
    return Unavailable("The blob was overwritten while it was being read. Try again.")
