"""The host's own keys, sent as `x-functions-key` or `?code=`; generated once, kept on disk."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hmac import compare_digest
from pathlib import Path

from local.private_file import write_private
from shared.domain.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class HostKeys:
    """`master` admits every level, `default` the function level, `blobs_extension` the webhook."""

    master: str
    default: str
    blobs_extension: str

    def admits(self, level: str, headers: Mapping[str, str], query: Mapping[str, str]) -> bool:
        """Whether a request may call a function of this authorisation level.

        Args:
            level: anonymous, function or admin.
            headers: with lower-case names.
        """
        if level == "anonymous":
            return True
        accepted = [self.master] if level == "admin" else [self.master, self.default]
        return _is_one_of(_given(headers, query), accepted)

    def admits_webhook(self, headers: Mapping[str, str], query: Mapping[str, str]) -> bool:
        """Whether a request may post events to the blob webhook."""
        return _is_one_of(_given(headers, query), [self.master, self.blobs_extension])


def load_or_make_keys(path: Path) -> HostKeys:
    """Read the keys, or generate them on the first start into a file of mode 0600.

    Raises:
        ConfigurationError: the file exists and is not readable as keys.
    """
    if path.exists():
        try:
            return HostKeys(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise ConfigurationError(f"{path} is not readable; delete it for new keys.") from error
    keys = HostKeys(*(secrets.token_urlsafe(32) for _ in range(3)))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_private(path, json.dumps(asdict(keys), indent=2) + "\n")
    return keys


def _given(headers: Mapping[str, str], query: Mapping[str, str]) -> str:
    code = next((value for name, value in query.items() if name.lower() == "code"), "")
    return headers.get("x-functions-key", "").strip() or code


def _is_one_of(given: str, accepted: list[str]) -> bool:
    return any(compare_digest(given.encode(), key.encode()) for key in accepted)
