"""The inline route constraints of ASP.NET Core, `{id:int:min(1)}`."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import UUID

from shared.domain.errors import ConfigurationError

Constraint = Callable[[str], bool]

_INT32 = 2**31
_INT64 = 2**63
_INTEGER = re.compile(r"[+-]?\d{1,19}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


def constraint(text: str) -> Constraint:
    """The check of a constraint such as `int`, `length(1,64)` or `regex(^a)`.

    Raises:
        ConfigurationError: the constraint is unknown or malformed.
    """
    name, parenthesis, rest = text.partition("(")
    argument = rest.removesuffix(")")
    if not parenthesis and name in _PLAIN:
        return _PLAIN[name]
    try:
        if name == "regex":
            # Braces are doubled in templates. As in ASP.NET, unanchored and ignoring case.
            pattern = argument.replace("{{", "{").replace("}}", "}").replace(r"\\", "\\")
            return _regex(pattern)
        bounds = [int(bound) for bound in argument.split(",")] if parenthesis else []
    except (ValueError, re.error) as error:
        raise ConfigurationError(f"Route constraint {text} is malformed: {error}") from error
    match name, bounds:
        case "length", [exact]:
            return lambda value: len(value) == exact
        case "length", [shortest, longest]:
            return lambda value: shortest <= len(value) <= longest
        case "minlength", [shortest]:
            return lambda value: len(value) >= shortest
        case "maxlength", [longest]:
            return lambda value: len(value) <= longest
        case "min", [least]:
            return lambda value: _is_integer(value, _INT64) and int(value) >= least
        case "max", [most]:
            return lambda value: _is_integer(value, _INT64) and int(value) <= most
        case "range", [least, most]:
            return lambda value: _is_integer(value, _INT64) and least <= int(value) <= most
        case _:
            raise ConfigurationError(f"The local host has no route constraint {text}.")


def _regex(pattern: str) -> Constraint:
    compiled = re.compile(pattern, re.IGNORECASE)
    return lambda value: compiled.search(value) is not None


def _is_integer(value: str, bound: int) -> bool:
    return _INTEGER.fullmatch(value) is not None and -bound <= int(value) < bound


def _is_guid(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return not value.lower().startswith("urn:")


_PLAIN: dict[str, Constraint] = {
    "alpha": lambda value: re.fullmatch(r"[A-Za-z]*", value) is not None,
    "bool": lambda value: value.lower() in {"true", "false"},
    "decimal": lambda value: _NUMBER.fullmatch(value) is not None,
    "double": lambda value: _NUMBER.fullmatch(value) is not None,
    "float": lambda value: _NUMBER.fullmatch(value) is not None,
    "guid": _is_guid,
    "int": lambda value: _is_integer(value, _INT32),
    "long": lambda value: _is_integer(value, _INT64),
    "required": lambda value: bool(value),
}
