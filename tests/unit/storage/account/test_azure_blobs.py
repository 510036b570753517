"""The blob store against a real storage emulator."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.domain.errors import BlobChanged, Unavailable
from shared.storage.account.azure_blobs import AzureBlobStore
from shared.storage.account.blobs import ABSENT
from shared.storage.account.clients import StorageClients

NAMES = ["plain.jpg", "a folder/an image (1).jpg", "Ünï/日本語.png", "100% #1?.jpg", "a+b&c=d.jpg"]


@pytest.fixture
def store(clients: StorageClients) -> AzureBlobStore:
    return AzureBlobStore(clients.blobs)


@pytest.mark.parametrize("name", NAMES)
def test_a_blob_reads_as_it_was_written(store: AzureBlobStore, container: str, name: str) -> None:
    etag = store.write(container, name, b"content", metadata={"PersonGroupId": "family"})

    assert store.read(container, name) == b"content"
    properties = store.properties(container, name)
    assert properties is not None
    assert (properties.container, properties.name) == (container, name)
    assert properties.etag == etag
    assert properties.size == 7
    assert properties.metadata == {"persongroupid": "family"}
    assert abs(datetime.now(UTC) - properties.modified) < timedelta(minutes=1)


@pytest.mark.parametrize("content", [b"", b"seven b", b"longer than that"])
def test_a_blob_opens_with_its_properties_and_the_beginning_of_its_content(
    store: AzureBlobStore, container: str, content: bytes
) -> None:
    store.write(container, "a/b", content, metadata={"Label": "one"})

    opened = store.open(container, "a/b", most=7)

    assert opened is not None
    assert opened.properties == store.properties(container, "a/b")
    assert opened.content == content[:7]


def test_etags_are_unquoted_and_change_with_every_write(
    store: AzureBlobStore, container: str
) -> None:
    etags = [store.write(container, "one", b"same") for _ in range(2)]

    assert etags[0] != etags[1]
    assert not any('"' in etag for etag in etags)
    assert [blob.etag for blob in store.listing(container)] == [etags[1]]


def test_what_is_not_there_reads_as_none(
    store: AzureBlobStore, container: str, tmp_path: Path
) -> None:
    for place in (container, "no-such-container"):
        assert store.properties(place, "nothing") is None
        assert store.read(place, "nothing") is None
        assert store.open(place, "nothing", most=1) is None
        assert store.read(place, "nothing", etag="0x1") is None
        assert store.delete(place, "nothing") is False
        assert store.download(place, "nothing", tmp_path / "nothing") is False
    assert list(tmp_path.iterdir()) == []


def test_pages_of_a_prefix_have_its_blobs_and_the_time_of_the_account(
    store: AzureBlobStore, container: str
) -> None:
    for name in ("a/1", "b/1", "b/2", "b/3", "c/1"):
        store.write(container, name, b"content")

    first = store.page(container, top=2, prefix="b/")
    second = store.page(container, top=2, prefix="b/", continuation=first.continuation)

    assert [blob.name for blob in (*first.blobs, *second.blobs)] == ["b/1", "b/2", "b/3"]
    assert second.continuation is None
    for page in (first, second):
        assert abs(datetime.now(UTC) - page.answered) < timedelta(minutes=1)
        assert page.answered >= max(blob.modified for blob in first.blobs)


def test_a_blob_is_read_only_while_it_has_the_requested_etag(
    store: AzureBlobStore, container: str
) -> None:
    old = store.write(container, "one", b"old")
    assert store.read(container, "one", etag=old) == b"old"

    new = store.write(container, "one", b"new")

    assert store.read(container, "one", etag=old) is None
    assert store.read(container, "one", etag=new) == b"new"


def test_an_empty_blob_is_a_blob(store: AzureBlobStore, container: str, tmp_path: Path) -> None:
    store.write(container, "empty", b"")

    assert store.read(container, "empty") == b""
    assert store.download(container, "empty", tmp_path / "empty")
    assert (tmp_path / "empty").read_bytes() == b""


def test_a_large_file_goes_up_and_comes_down_in_pieces(
    store: AzureBlobStore, container: str, tmp_path: Path
) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(bytes(range(256)) * (70 * 4096))  # 70 MiB: several requests

    etag = store.write(container, "large", source, metadata={"version": "1"})

    assert store.download(container, "large", target)
    assert target.read_bytes() == source.read_bytes()
    properties = store.properties(container, "large")
    assert properties is not None
    assert (properties.size, properties.etag) == (70 * 1024 * 1024, etag)
    assert sorted(tmp_path.iterdir()) == [source, target]


def test_a_download_replaces_what_was_there(
    store: AzureBlobStore, container: str, tmp_path: Path
) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"a longer text that was there before")
    store.write(container, "one", b"short")

    assert store.download(container, "one", target)

    assert target.read_bytes() == b"short"


def test_writing_again_drops_the_old_metadata(store: AzureBlobStore, container: str) -> None:
    store.write(container, "one", b"1", metadata={"a": "1"}, content_type="image/jpeg")

    store.write(container, "one", b"2")

    properties = store.properties(container, "one")
    assert properties is not None
    assert properties.metadata == {}


def test_the_content_type_is_kept(
    store: AzureBlobStore, clients: StorageClients, container: str
) -> None:
    store.write(container, "one.json", b"{}", content_type="application/json")

    blob = clients.blobs.get_blob_client(container, "one.json")
    assert blob.get_blob_properties().content_settings.content_type == "application/json"


def test_a_deleted_blob_is_gone(store: AzureBlobStore, container: str) -> None:
    store.write(container, "one", b"1")

    assert store.delete(container, "one") is True

    assert store.read(container, "one") is None
    assert store.delete(container, "one") is False


def test_a_listing_is_in_order_of_name_and_keeps_to_its_prefix(
    store: AzureBlobStore, container: str
) -> None:
    for name in ("b/2", "a/1", "b/10", "c", "b"):
        store.write(container, name, name.encode(), metadata={"Label": name})

    assert [blob.name for blob in store.listing(container)] == ["a/1", "b", "b/10", "b/2", "c"]
    listed = list(store.listing(container, prefix="b/", with_metadata=True))
    assert [(blob.name, blob.size) for blob in listed] == [("b/10", 4), ("b/2", 3)]
    assert [blob.metadata for blob in listed] == [{"label": "b/10"}, {"label": "b/2"}]
    assert all(blob.container == container for blob in listed)
    assert list(store.listing(container, prefix="x")) == []


def test_a_missing_container_is_not_mistaken_for_an_empty_one(store: AzureBlobStore) -> None:
    with pytest.raises(Unavailable, match="container or queue of this service is missing"):
        store.write("no-such-container", "one", b"")
    with pytest.raises(Unavailable, match="container or queue of this service is missing"):
        list(store.listing("no-such-container"))


def test_an_unreachable_storage_account_is_unavailable(
    unreachable: StorageClients, tmp_path: Path
) -> None:
    store = AzureBlobStore(unreachable.blobs)

    with pytest.raises(Unavailable):
        store.properties("c", "one")
    with pytest.raises(Unavailable):
        store.read("c", "one")
    with pytest.raises(Unavailable):
        store.download("c", "one", tmp_path / "target")
    with pytest.raises(Unavailable):
        store.write("c", "one", b"")
    with pytest.raises(Unavailable):
        store.delete("c", "one")
    with pytest.raises(Unavailable):
        list(store.listing("c"))
    assert list(tmp_path.iterdir()) == []


def test_a_conditional_write_applies_only_to_the_blob_that_was_expected(
    store: AzureBlobStore, container: str, tmp_path: Path
) -> None:
    first = store.write(container, "one", b"first", expected=ABSENT)
    with pytest.raises(BlobChanged):
        store.write(container, "one", b"again", expected=ABSENT)
    second = store.write(container, "one", b"second", expected=first)
    stale = tmp_path / "stale"
    stale.write_bytes(b"stale")
    with pytest.raises(BlobChanged):
        store.write(container, "one", stale, expected=first)
    with pytest.raises(BlobChanged):
        store.write(container, "gone", b"nothing to replace", expected=second)

    assert store.read(container, "one") == b"second"
    assert store.read(container, "gone") is None
