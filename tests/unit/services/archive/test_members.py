"""Members of dynamic person groups are imported by one look-up a thousand lines."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from shared.composition.container import Container
from shared.domain.collections import DYNAMIC_PERSON_GROUP, CollectionKey
from shared.domain.directory import DirectoryScope
from shared.services.archive.entries import (
    MEMBERS,
    CollectionEntry,
    MemberEntry,
    PersonEntry,
)
from tests.doubles.identifiers import new_id
from tools.operate.settings import WITHOUT_SERVICE

KEY = CollectionKey(DYNAMIC_PERSON_GROUP, "team")
HEAD = CollectionEntry("team", None, None)


def test_an_import_looks_up_all_of_its_members_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(Container({**WITHOUT_SERVICE, "FACE_DATA_DIR": str(tmp_path)})) as container:
        archive, memberships = container.enrolment.archive, container.storage.memberships
        ids = [new_id() for _ in range(30)]
        archive.import_page(DirectoryScope(), [PersonEntry(one, "P", None, 1) for one in ids])
        archive.import_page(KEY, [HEAD, *(MemberEntry(one, 2) for one in ids[:10])])
        found, looked_up = memberships.members_among, []

        def recorded(incarnation: str, person_ids: Sequence[str]) -> frozenset[str]:
            looked_up.append(len(person_ids))
            return found(incarnation, person_ids)

        monkeypatch.setattr(memberships, "members_among", recorded)
        outcome = archive.import_page(KEY, [MemberEntry(one, 1) for one in ids])
        assert (outcome.created[MEMBERS], outcome.existing[MEMBERS]) == (20, 10)
        assert looked_up == [30]
