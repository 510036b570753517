"""The API versions and their differences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.domain.errors import RouteNotFound


@dataclass(frozen=True, slots=True)
class ApiVersion:
    """One version of Azure AI Face's REST API; all versions share the same data.

    Attributes:
        name: as in ``/face/{name}/detect``.
        identify_candidates: identify's default number of candidates.
        no_scope: identify's error code for a body without a scope.
        several_scopes: identify's error code for a body with more than one scope.
        session_images: whether detect accepts the id of a liveness session's image.
        pascal_glasses: whether glasses are spelled ``NoGlasses`` rather than ``noGlasses``.
    """

    name: str
    identify_candidates: int
    no_scope: str
    several_scopes: str
    session_images: bool = False
    pascal_glasses: bool = False


_NO_SCOPE = "MissingIdentificationScopeParameters"
_SEVERAL_SCOPES = "IncompatibleIdentificationScopeParametersCombination"
_NO_SCOPE_CLASSIC = "PersonGroupIdAndLargePersonGroupIdBothNull"
_SEVERAL_SCOPES_CLASSIC = "PersonGroupIdAndLargePersonGroupIdBothNotNull"

VERSIONS = {
    version.name: version
    for version in (
        ApiVersion("v1.0", 1, _NO_SCOPE_CLASSIC, _SEVERAL_SCOPES_CLASSIC, pascal_glasses=True),
        ApiVersion("v1.0-preview", 1, _NO_SCOPE, _SEVERAL_SCOPES, pascal_glasses=True),
        ApiVersion("v1.1-preview.1", 10, _NO_SCOPE, _SEVERAL_SCOPES),
        ApiVersion("v1.2-preview.1", 10, _NO_SCOPE, _SEVERAL_SCOPES, session_images=True),
        ApiVersion("v1.2", 10, _NO_SCOPE, _SEVERAL_SCOPES, session_images=True),
    )
}

STABLE = "v1.2"
"""The version that the reference describes unless another is requested."""

LIVENESS_SESSIONS = frozenset({"v1.2"})
"""Versions with liveness sessions under ``detectLiveness-sessions``."""
LIVENESS_SESSIONS_PREVIEW = frozenset({"v1.1-preview.1", "v1.2-preview.1", "v1.2"})
"""Versions with them under ``detectLiveness/singleModal/sessions``. v1.2 is included because the
Python SDK 1.0.0b2 calls these paths when v1.2 is selected.
"""
SESSION_IMAGES_PREVIEW = frozenset({"v1.2-preview.1", "v1.2"})
"""Versions with their images under ``session/sessionImages``; v1.2 for the same reason."""

SNAPSHOTS = frozenset({"v1.0", "v1.0-preview"})
"""The versions that had snapshots."""


@dataclass(frozen=True, slots=True)
class Api:
    """One REST API of this service: a set of operations under one prefix, in versions of its own.

    Attributes:
        name: the first segment of its paths, as in ``/{name}/{version}/detect``.
        title: of its description.
        versions: every version by its name in lower case.
        default: the version that the reference describes unless another is requested.
    """

    name: str
    title: str
    versions: Mapping[str, ApiVersion]
    default: str

    @property
    def base_path(self) -> str:
        """Prefix of the route templates of all its paths."""
        return f"{self.name}/{{version}}/"

    def version(self, name: str) -> ApiVersion:
        """The version that a path names, in any case.

        Raises:
            RouteNotFound: there is no such version.
        """
        version = self.versions.get(name.lower())
        if version is None:
            known = ", ".join(self.versions)
            raise RouteNotFound(f"Resource not found. The API versions are {known}.")
        return version


FACE = Api("face", "Azure AI Face", VERSIONS, STABLE)
"""Azure AI Face's REST API."""

_OWN = "v1"
LINEAMENT = Api(
    "lineament",
    "Lineament",
    {_OWN: ApiVersion(_OWN, 1, _NO_SCOPE, _SEVERAL_SCOPES)},
    _OWN,
)
"""This service's own operations, beside Azure's."""
