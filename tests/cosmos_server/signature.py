"""Authentication: the master key's HMAC signature, or an identity's token.

https://learn.microsoft.com/rest/api/cosmos-db/access-control-on-cosmosdb-resources
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import unquote

from tests.cosmos_server.account import Refused

_RESOURCES = ("dbs", "colls", "docs", "pkranges")


def is_owner(
    method: str, segments: list[str], headers: Mapping[str, str], key: str, token: str
) -> bool:
    """Whether the request is signed with the account's key; False: an identity sent it.

    Raises:
        Refused: neither.
    """
    authorization = unquote(headers.get("authorization") or "")
    fields = dict(part.partition("=")[::2] for part in authorization.split("&"))
    if fields.get("type") == "aad" and hmac.compare_digest(fields.get("sig", ""), token):
        return False
    expected = _signature(method, segments, headers, key)
    if fields.get("type") == "master" and hmac.compare_digest(fields.get("sig", ""), expected):
        return True
    raise Refused(401, "Unauthorized", "The input authorization token can't serve the request.")


def _signature(method: str, segments: list[str], headers: Mapping[str, str], key: str) -> str:
    feed = bool(segments) and segments[-1] in _RESOURCES and len(segments) % 2 == 1
    kind = segments[-1 if feed else -2] if segments else ""
    link = "/".join(segments[:-1] if feed else segments)
    date = headers.get("x-ms-date") or ""
    text = f"{method.lower()}\n{kind.lower()}\n{link}\n{date.lower()}\n\n"
    digest = hmac.new(base64.b64decode(key), text.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()
