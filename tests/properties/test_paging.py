"""Pages of collections: every id once, in ordinal order, whatever the ids and the sizes."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.collections import PERSON_GROUP, CollectionKey
from shared.domain.values import Collection
from shared.storage.documents.sqlite.store import SqliteDocumentStore
from shared.storage.layout import COLLECTIONS
from shared.storage.records.collections.collections import CollectionRecords
from tests.doubles.clocks import ManualClock

IDS = st.sets(st.from_regex(r"\A[a-z0-9_-]{1,12}\Z"), max_size=40)


@settings(max_examples=settings().max_examples // 4)
@given(ids=IDS, top=st.integers(1, 50), start=st.from_regex(r"\A[a-z0-9_-]{0,6}\Z"))
def test_pages_have_every_id_after_the_start_once_and_in_order(
    ids: set[str], top: int, start: str
) -> None:
    with TemporaryDirectory() as folder:
        store = SqliteDocumentStore(Path(folder) / "store.sqlite", clock=ManualClock())
        records = CollectionRecords(store.container(COLLECTIONS))
        for one in ids:
            key = CollectionKey(PERSON_GROUP, one)
            records.create(Collection(key.kind, one, "n", "recognition_04", one))
        seen: list[str] = []
        after = start
        while page := records.page(PERSON_GROUP, start=after, top=top):
            assert len(page) <= top
            seen += [collection.collection_id for collection in page]
            after = seen[-1]
        store.close()
    assert seen == sorted(one for one in ids if one > start)
