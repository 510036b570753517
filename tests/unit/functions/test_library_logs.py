"""Libraries' INFO lines, which contain URLs, are not written."""

from __future__ import annotations

import logging

import pytest

from functions.library_logs import LIBRARIES, quiet_libraries


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_librarys_requests_are_not_logged_and_its_warnings_are(
    library: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    quiet_libraries()
    logger = logging.getLogger(f"{library}.core.pipeline")
    logger.info("Request URL: 'https://account.blob.core.windows.net/uploads/name.jpg'")
    logger.warning("denied")
    assert caplog.messages == ["denied"]
