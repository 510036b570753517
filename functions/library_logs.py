"""Log levels of libraries. Their INFO lines contain URLs, which contain blob names."""

from __future__ import annotations

import logging

LIBRARIES = ("azure", "msal", "urllib3", "httpx", "httpcore")
"""Loggers that write a line for every request at INFO or below."""


def quiet_libraries() -> None:
    """Make libraries log only warnings and errors, whatever the root logger's level is.

    The Python worker on Azure sets the root logger to INFO and forwards everything to the host.
    """
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)
