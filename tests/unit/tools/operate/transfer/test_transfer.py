"""Persistent data moves completely from one store to another; deleted data does not."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from shared.composition.container import Container
from shared.domain.collections import PERSON_GROUP, CollectionKey
from shared.domain.errors import BadArgument, ConfigurationError, Unavailable
from shared.domain.face.recognition import SearchScope
from shared.domain.values import Collection
from shared.services.archive.archive import Archive
from shared.services.archive.entries import Entry, ImportOutcome
from shared.storage.documents.store import Create, Key
from shared.storage.layout import PEOPLE
from tests.unit.tools.operate.transfer.conftest import Open
from tests.unit.tools.operate.transfer.holdings import fill, incarnations, visible_content
from tools.operate.transfer import importing
from tools.operate.transfer.export_file import Contents
from tools.operate.transfer.exporting import export_everything
from tools.operate.transfer.importing import Import, Imported

MODELS = ("recognition_01", "recognition_02", "recognition_03", "recognition_04")


def export(container: Container, path: Path) -> Contents:
    enrolment = container.enrolment
    return export_everything(enrolment.archive, enrolment.collections, path)


def bring(path: Path, container: Container, archive: Archive | None = None) -> Imported:
    models = container.enrolment.embedding_models.names
    archive = archive or container.enrolment.archive
    return Import(archive, path, models=models, recognition_models=MODELS).run()


def test_all_that_lasts_moves_from_sqlite_to_cosmos_and_back(
    sqlite: Open, cosmos: Container, tmp_path: Path
) -> None:
    first, third = sqlite("first"), sqlite("third")
    fill(first.storage.store, seed=1)
    original = visible_content(first.storage.store)

    contents = export(first, tmp_path / "one.gz")
    bring(tmp_path / "one.gz", cosmos)
    again = export(cosmos, tmp_path / "two.gz")
    bring(tmp_path / "two.gz", third)

    assert len(original) == 11 + 2
    assert len(original["directory"]) == 20
    assert visible_content(cosmos.storage.store) == original
    assert visible_content(third.storage.store) == original
    assert contents == again
    assert (contents.collections, contents.faces) == (11 + 1, 4 * 4 + 4 * 5 + 40)
    assert (tmp_path / "one.gz").read_bytes() == (tmp_path / "two.gz").read_bytes()
    assert (tmp_path / "one.gz").stat().st_mode & 0o777 == 0o600


def test_every_collection_gets_a_new_incarnation(sqlite: Open, tmp_path: Path) -> None:
    first, second = sqlite("first"), sqlite("second")
    fill(first.storage.store, seed=2)
    export(first, tmp_path / "export.gz")

    bring(tmp_path / "export.gz", second)

    old, new = incarnations(first.storage.store), incarnations(second.storage.store)
    assert len(new) == 11
    assert old.isdisjoint(new)
    text = gzip.decompress((tmp_path / "export.gz").read_bytes()).decode()
    assert not [one for one in old if one in text]


def test_the_collections_that_need_a_training_are_named(sqlite: Open, tmp_path: Path) -> None:
    fill((first := sqlite("first")).storage.store, seed=4)
    export(first, tmp_path / "export.gz")

    done = bring(tmp_path / "export.gz", sqlite("second"))

    assert sorted(f"{key.kind.segment}/{key.collection_id}" for key in done.untrained) == [
        f"{segment}/{segment}-{number}"
        for segment in ("largefacelists", "largepersongroups", "persongroups")
        for number in range(2)
    ]


def test_what_an_interrupted_deletion_left_is_not_exported(sqlite: Open, tmp_path: Path) -> None:
    container = sqlite("first")
    people = container.storage.store.container(PEOPLE)
    container.storage.collections.create(
        Collection(PERSON_GROUP, "group", "g", "recognition_04", "a" * 36)
    )
    person: dict[str, object] = {"name": "there", "userData": None, "persistedFaceIds": []}
    people.batch(
        "a" * 36 + ":0", [Create("f.gone.1", {"userData": None}), Create("p.there", person)]
    )
    people.create(Key("directory:0", "f.recognition_04.0gone.1"), {"userData": None})
    people.create(Key("directory:0", "x.0gone"), {"swept": False})

    contents = export(container, tmp_path / "export.gz")

    assert (contents.persons, contents.faces) == (1, 0)
    assert b"gone" not in gzip.decompress((tmp_path / "export.gz").read_bytes())


def test_a_person_deleted_from_the_directory_leaves_no_trace_in_the_file(
    sqlite: Open, tmp_path: Path
) -> None:
    container = sqlite("first")
    fill(container.storage.store, seed=5)
    gone = container.storage.directory.page(start="", top=1)[0].person_id
    container.storage.deletions.delete(gone)

    export(container, tmp_path / "export.gz")

    assert gone.encode() not in gzip.decompress((tmp_path / "export.gz").read_bytes())


def test_an_import_leaves_what_is_there_and_adds_what_is_missing(
    sqlite: Open, tmp_path: Path
) -> None:
    fill((first := sqlite("first")).storage.store, seed=6)
    export(first, tmp_path / "export.gz")
    fill((second := sqlite("second")).storage.store, seed=7)
    before, added = (visible_content(one.storage.store) for one in (second, first))

    bring(tmp_path / "export.gz", second)

    after = visible_content(second.storage.store)
    for name in before:
        assert name in after
    key = "persongroups/persongroups-0"
    assert after[key]["facts"] == before[key]["facts"]
    assert sorted(map(str, after[key]["content"])) == sorted(
        map(str, [*before[key]["content"], *added[key]["content"]])
    )
    again = bring(tmp_path / "export.gz", second)
    assert not any(again.outcome.created.values())
    assert visible_content(second.storage.store) == after


def test_a_collection_of_another_model_is_refused(sqlite: Open, tmp_path: Path) -> None:
    fill((first := sqlite("first")).storage.store, seed=8)
    export(first, tmp_path / "export.gz")
    second = sqlite("second")
    second.enrolment.collections.create(
        CollectionKey(PERSON_GROUP, "persongroups-0"),
        name="other",
        user_data=None,
        recognition_model="recognition_02",
    )
    with pytest.raises(BadArgument, match="exists with the model recognition_02"):
        bring(tmp_path / "export.gz", second)


def test_embeddings_of_a_model_that_is_not_in_use_are_refused_before_anything_is_made(
    sqlite: Open, tmp_path: Path
) -> None:
    fill((first := sqlite("first")).storage.store, seed=9)
    export(first, tmp_path / "export.gz")
    second = sqlite("second")
    work = Import(
        second.enrolment.archive,
        tmp_path / "export.gz",
        models=frozenset({"another"}),
        recognition_models=MODELS,
    )
    with pytest.raises(ConfigurationError, match=r"embeddings of sface.*those of another only"):
        work.run()
    assert incarnations(second.storage.store) == set()


class FailingArchive(Archive):
    """An archive whose import fails at one page, before or after it was written."""

    def __init__(self, inner: Archive, number: int, *, after: bool) -> None:
        self._inner = inner
        self._left = number
        self._after = after

    def import_page(self, scope: SearchScope, entries: list[Entry]) -> ImportOutcome:  # type: ignore[override]
        self._left -= 1
        if self._left == 0 and not self._after:
            raise Unavailable("The store is away.")
        outcome = self._inner.import_page(scope, entries)
        if self._left == 0:
            raise Unavailable("The store is away.")
        return outcome


@pytest.mark.parametrize("after", [False, True])
def test_an_import_that_failed_anywhere_is_completed_by_the_next_one(
    sqlite: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, after: bool
) -> None:
    monkeypatch.setattr(importing, "_MOST_LINES", 10)
    fill((first := sqlite("first")).storage.store, seed=10)
    export(first, tmp_path / "export.gz")
    original = visible_content(first.storage.store)
    for number in (1, 4, 9, 14):
        target = sqlite(f"target-{number}")
        failing = FailingArchive(target.enrolment.archive, number, after=after)
        with pytest.raises(Unavailable):
            bring(tmp_path / "export.gz", target, failing)
        bring(tmp_path / "export.gz", target)
        assert visible_content(target.storage.store) == original
