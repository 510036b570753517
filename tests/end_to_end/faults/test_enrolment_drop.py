"""300 images dropped at once are enrolled without loss and double; `make soak` drops 10,000."""

from __future__ import annotations

from pathlib import Path

from tests.end_to_end.service import RunningService, eventually
from tests.soak._enrolling import Drop, people_of

SECONDS = 300.0
"""A slow machine's; two free cores need a tenth."""


def test_300_images_dropped_at_once_are_one_face_each(tmp_path: Path) -> None:
    drop = Drop(300)
    with RunningService(tmp_path, {"FACE_TRAIN_WHEN_QUIET": "1"}) as service:
        drop.write(service)

        def enrolled() -> bool | None:
            created = service.call("GET", drop.group).status_code == 200
            faces = people_of(service, drop.group).total() if created else 0
            return faces >= 300 or None

        eventually(enrolled, seconds=SECONDS)
        assert people_of(service, drop.group) == drop.expected

        def trained() -> bool | None:
            answer = service.call("GET", f"{drop.group}/training")
            return (answer.status_code == 200 and answer.json()["status"] == "succeeded") or None

        eventually(trained, seconds=SECONDS)
        assert people_of(service, drop.group) == drop.expected
        rejected = service.own("GET", "uploads", status="rejected", top="200")
        assert rejected["uploads"] == []
