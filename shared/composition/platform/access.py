"""Access: keys, tokens, rate limits, and the dispatch of requests to operations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from shared.api.access.keys import (
    Authenticator,
    EnvironmentKeys,
    FileKeys,
    KeySource,
    RereadKeys,
    TokenVerifier,
)
from shared.api.access.rate_limit import RateLimiter
from shared.api.dispatch import Dispatcher
from shared.api.idempotency import Idempotency
from shared.api.parameters import Capabilities
from shared.composition.platform.foundation import Foundation
from shared.composition.platform.locked_cached_property import locked_cached_property
from shared.composition.platform.storage import StoragePart
from shared.domain.clock import Clock
from shared.settings.access import AccessSettings


@dataclass(frozen=True, eq=False)
class AccessPart:
    """Everything between a request and its handler.

    Raises:
        InvalidSettings: from any member, on first use, if the environment is not usable.
    """

    _foundation: Foundation
    _storage: StoragePart

    @locked_cached_property
    def dispatcher(self) -> Dispatcher:
        """Dispatches HTTP requests to operations."""
        access, clock = self._foundation.settings.access, self._foundation.clock
        keys = _caller_keys(access, self._foundation.environment, clock)
        return Dispatcher(
            Authenticator(keys, _token_verifier(access, clock)),
            self._foundation.new_id,
            _rate_limiter(access, clock),
            self.capabilities,
            Idempotency(self._foundation.new_id, lambda: self._storage.answered_requests),
        )

    @locked_cached_property
    def capabilities(self) -> Capabilities:
        """The values that this deployment accepts depending on its settings."""
        return Capabilities(self._foundation.settings.recognition_models)


def _caller_keys(access: AccessSettings, environment: Mapping[str, str], clock: Clock) -> KeySource:
    """The callers' keys from the source that the settings name, read again every 30 seconds."""
    source: KeySource
    if access.vault is not None:
        from shared.network.key_vault import VaultKeys, identity_token

        vault = access.vault
        token = identity_token(vault.vault_url, vault.client_id)
        source = VaultKeys(vault.vault_url, vault.name, token)
    elif access.keys_file is not None:
        source = FileKeys(access.keys_file)
    else:
        source = EnvironmentKeys(environment)
    return RereadKeys(source, clock)


def _token_verifier(access: AccessSettings, clock: Clock) -> TokenVerifier | None:
    """Validates Entra ID tokens; None if only keys are valid."""
    entra = access.entra
    if entra is None:
        return None
    from shared.api.access.entra import EntraTokens, SigningKeys
    from shared.network.json_documents import fetch_json

    return EntraTokens(
        SigningKeys(partial(fetch_json, entra.signing_keys_url), clock),
        issuers=entra.issuers,
        audiences=entra.audiences,
        callers=entra.callers,
    )


def _rate_limiter(access: AccessSettings, clock: Clock) -> RateLimiter | None:
    """Limits the rate of requests; None if there is no limit."""
    limit = access.rate_limit
    return None if limit is None else RateLimiter(limit.per_second, limit.burst, clock)
