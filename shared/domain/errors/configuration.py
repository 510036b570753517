"""Errors that keep the service from starting."""

from __future__ import annotations

from collections.abc import Sequence

from shared.domain.errors.root import LineamentError


class ConfigurationError(LineamentError):
    """The service does not start; the message tells the operator what to change."""

    code = "ConfigurationError"


class InvalidSettings(ConfigurationError):
    """One or more settings are invalid.

    Args:
        problems: one sentence for each invalid setting.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(["The settings are not usable:", *problems]))
        self.problems = tuple(problems)


class InvalidModel(ConfigurationError):
    """A model file is missing, or differs from the one that the manifest describes."""


class InvalidCohort(ConfigurationError):
    """The cohort's file is missing, damaged, or does not fit this service's models."""
