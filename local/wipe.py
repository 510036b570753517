"""`python -m local.wipe`: deletes what the service stored on this machine, after asking.

That is the data folder's database, blobs, messages, snapshots and certificates, with every enrolled
person. What was installed or built stays.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from local.data_lock import LOCK_FILES, claim
from shared.domain.errors import ConfigurationError
from shared.settings.process import DATA_DIRECTORY


def main() -> int:
    """Ask, then delete.

    Returns:
        The exit code: 0 where nothing is left, 1 where the caller declined or a service runs.
    """
    folder = DATA_DIRECTORY.read(os.environ)
    stored = stored_in(folder)
    if not stored:
        _say(f"{folder} holds nothing that the service stored.")
        return 0
    _say(f"This deletes every person, face and upload in {folder}:")
    _say("  " + " ".join(path.name for path in stored))
    try:
        answer = input('Type "wipe" to go on: ')
    except EOFError:
        answer = ""
    if answer.strip() != "wipe":
        _say("Nothing was deleted.")
        return 1
    try:
        lock = claim(folder)
    except ConfigurationError as error:
        _say(error.message)
        return 1
    try:
        wipe(folder)
    finally:
        lock.release()
    _say("Deleted.")
    return 0


def stored_in(folder: Path) -> list[Path]:
    """What the service stored in a data folder, by name."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.name not in LOCK_FILES)


def wipe(folder: Path) -> None:
    """Delete what the service stored in a data folder."""
    for path in stored_in(folder):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
