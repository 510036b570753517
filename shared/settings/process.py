"""Settings that several groups read: the folder and the identity that the process has."""

from __future__ import annotations

from shared.settings.declaration import Setting
from shared.settings.parsers import optional, path

DATA_DIRECTORY = Setting(
    "FACE_DATA_DIR", ".local", path, "Folder of the SQLite file and the snapshot cache."
)
CLIENT_ID = Setting(
    "AZURE_CLIENT_ID",
    "",
    optional(str),
    "Client id of the user-assigned identity to use, where there is one.",
)
