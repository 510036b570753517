"""The browser of this machine, for tests and screenshots of the console."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")

WITHOUT_BROWSER = "no Chromium: apt-get install chromium, or CHROMIUM=… names one"
"""Printed by commands and by skipped tests where there is none."""


def browser_path() -> Path | None:
    """CHROMIUM, else Debian's Chromium or Google's Chrome; None where there is none."""
    found = (os.environ.get("CHROMIUM"), *map(shutil.which, _NAMES))
    return next((Path(path) for path in found if path), None)


@contextmanager
def running_browser(path: Path, arguments: Sequence[str] = ()) -> Iterator[Browser]:
    """A started browser without a window."""
    # Chromium's own sandbox needs rights that root in a container does not have.
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*arguments, *sandbox])
        yield browser
        browser.close()
