"""Declares and reads settings: one line has everything about a setting.

A group of settings is a frozen dataclass whose members are made by `setting`. Reading a group,
checking every value, the documentation, the example file and the comparison with the templates in
infra/ all follow from those lines; `shared/settings/service.py` has all groups.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, Generic, TypeVar, cast

_T = TypeVar("_T")
_SETTING = "setting"
_PART = "part"


class Where(StrEnum):
    """Where a setting has an effect."""

    BOTH = "both"
    AZURE = "Azure"
    ONE_MACHINE = "one machine"


@dataclass(frozen=True, slots=True)
class Setting(Generic[_T]):
    """One setting.

    Attributes:
        name: of the environment variable.
        default: text that is read where the variable is absent or empty.
        parse: text to value; raises ValueError with what the setting must be, as the end of a
            sentence that begins with its name.
        meaning: for the documentation.
        where: where it has an effect.
        shown_default: what the documentation says in place of ``default``.
        example: its value in local.settings.example.json; empty: it is not there.
        left_out: why the templates in infra/ do not set it; empty: they do, if Azure has it.
    """

    name: str
    default: str
    parse: Callable[[str], _T]
    meaning: str
    where: Where = Where.BOTH
    shown_default: str = ""
    example: str = ""
    left_out: str = ""

    def read(self, environment: Mapping[str, str]) -> _T:
        """The value; the default's where the variable is absent or empty.

        Raises:
            ValueError: the value is wrong; says what it must be.
        """
        return self.parse(environment.get(self.name, "").strip() or self.default)


def declared(setting: Setting[_T], *, secret: bool = False) -> _T:
    """A member of a group that holds the value of a setting.

    Args:
        secret: keeps the value out of the group's repr.
    """
    return field(
        default_factory=lambda: setting.parse(setting.default),
        repr=not secret,
        metadata={_SETTING: setting},
    )


def setting(
    name: str,
    default: str,
    parse: Callable[[str], _T],
    meaning: str,
    *,
    where: Where = Where.BOTH,
    shown_default: str = "",
    example: str = "",
    left_out: str = "",
    secret: bool = False,
) -> _T:
    """Declare a setting as a member of a group; see `Setting` and `declared` for the arguments."""
    one = Setting(name, default, parse, meaning, where, shown_default, example, left_out)
    return declared(one, secret=secret)


def part(read: Callable[[SettingReader], _T], *groups: type) -> _T:
    """A member of a group that is read from several settings.

    Args:
        groups: the groups that declare those settings.
    """
    return cast(_T, field(metadata={_PART: (read, groups)}))


def settings_of(group: type) -> Iterator[Setting[Any]]:
    """Every setting that a group and its parts declare, in order."""
    for member in fields(group):
        if _SETTING in member.metadata:
            yield member.metadata[_SETTING]
        for inner in member.metadata.get(_PART, (None, ()))[1]:
            yield from settings_of(inner)


class SettingReader:
    """Reads settings and collects their problems.

    Attributes:
        problems: one sentence for every invalid setting so far.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.problems: list[str] = []

    def is_set(self, name: str) -> bool:
        """Whether the environment has the variable with a value."""
        return bool(self._environment.get(name, "").strip())

    def group(self, group: type[_T]) -> _T:
        """A group with the values of its settings; an invalid one has its default."""
        values: dict[str, Any] = {}
        for member in fields(cast(Any, group)):
            if _SETTING in member.metadata:
                values[member.name] = self._value(member.metadata[_SETTING])
            else:
                values[member.name] = member.metadata[_PART][0](self)
        return group(**values)

    def _value(self, setting: Setting[_T]) -> _T:
        try:
            return setting.read(self._environment)
        except ValueError as error:
            problem = f"{setting.name} must be {error}."
            # Several groups may declare one setting.
            if problem not in self.problems:
                self.problems.append(problem)
            return setting.parse(setting.default)
