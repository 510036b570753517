"""Settings that several groups share: the data folder and the process's identity."""

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
