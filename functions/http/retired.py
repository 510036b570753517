"""Retired operations of Azure AI Face: status 410, with the replacement."""

from __future__ import annotations

from functions.http.binding import Routes
from shared.api.call import Call
from shared.api.operations import Answer
from shared.api.versions import SNAPSHOTS
from shared.domain.errors import Retired

routes = Routes()

_SNAPSHOT = "snapshots/{snapshotId}"


def refuse_snapshot(call: Call) -> Answer:
    """Reject with status 410."""
    raise Retired(
        "Snapshots are retired. To copy groups and lists to another deployment, use the commands"
        " export and import of this service's command line."
    )


for _name, _method, _path in (
    ("take_snapshot", "POST", "snapshots"),
    ("list_snapshots", "GET", "snapshots"),
    ("get_snapshot", "GET", _SNAPSHOT),
    ("update_snapshot", "PATCH", _SNAPSHOT),
    ("delete_snapshot", "DELETE", _SNAPSHOT),
    ("apply_snapshot", "POST", _SNAPSHOT + "/apply"),
):
    routes.operation(
        _method,
        _path,
        name=_name,
        summary="Retired: always 410.",
        success=410,
        versions=SNAPSHOTS,
    )(refuse_snapshot)
