"""What the service writes on one machine is readable by its owner only."""

from __future__ import annotations

from pathlib import Path

from tests.end_to_end.service import RunningService, eventually
from tests.images import portrait

MADE_BY_THE_TEST = "host.log"


def test_no_other_user_can_read_what_is_stored(service: RunningService) -> None:
    image = portrait("person_a_1").read_bytes()
    service.ok("PUT", "largefacelists/private", {"name": "private"})
    service.ok("POST", "largefacelists/private/persistedfaces", image=image)
    service.train("largefacelists/private")
    face = service.faces(image)[0]
    asked = {"faceId": face, "largeFaceListId": "private"}
    assert service.ok("POST", "findsimilars", asked)
    service.own("PUT", "uploads/private.jpg", image=image)

    def ended() -> bool | None:
        return service.own("GET", "uploads/private.jpg")["status"] != "pending" or None

    eventually(ended)
    stored = [path for path in service.data.rglob("*") if path.name != MADE_BY_THE_TEST]
    assert {"azurite", "cache"} <= {path.name for path in stored}
    assert [path for path in stored if is_open(path)] == []


def is_open(path: Path) -> bool:
    """Whether another user may do anything with a file; one that has just gone is not open."""
    try:
        return bool(path.stat().st_mode & 0o077)
    except FileNotFoundError:
        return False
