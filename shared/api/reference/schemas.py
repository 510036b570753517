"""Names used with JSON schemas."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
"""A JSON object."""

SCHEMAS = "#/components/schemas/"
"""Prefix of references to named schemas."""
