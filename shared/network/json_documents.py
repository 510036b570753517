"""Downloads small JSON documents from addresses in the operator's settings."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urlsplit

import httpcore
import msgspec

from shared.domain.errors import Unavailable
from shared.network.pinned_network import Deadline

_SECONDS = 5.0
_MAXIMUM_BYTES = 1024 * 1024


def fetch_json(url: str, headers: Mapping[str, str] | None = None) -> object:
    """GET a JSON document of at most 1 MB within about five seconds; redirects are not followed.

    Raises:
        Unavailable: the download failed; the message names the host only.
    """
    host = urlsplit(url).hostname
    timeout = dict.fromkeys(("connect", "read", "write", "pool"), _SECONDS)
    deadline = Deadline(_SECONDS)
    body = bytearray()
    try:
        with httpcore.stream(
            "GET", url, headers=list((headers or {}).items()), extensions={"timeout": timeout}
        ) as response:
            if response.status != HTTPStatus.OK:
                raise Unavailable(f"{host} answered {response.status}.")
            for chunk in response.iter_stream():
                deadline.remaining()
                body += chunk
                if len(body) > _MAXIMUM_BYTES:
                    raise Unavailable(f"The response of {host} is too long.")
        document: object = msgspec.json.decode(bytes(body))
    except (
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.TimeoutException,
        httpcore.UnsupportedProtocol,
        OSError,
    ) as error:
        raise Unavailable(f"{host} cannot be reached.") from error
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Unavailable(f"The response of {host} is not JSON.") from error
    return document
