"""A small, faithful subset of Cosmos DB's SQL. Everything else is rejected.

    SELECT [TOP n] * | VALUE COUNT(1) | value [AS name], …
    FROM c [WHERE condition] [ORDER BY value [ASC | DESC]] [OFFSET n LIMIT n]

Conditions: AND, OR, NOT, comparisons, IN, STARTSWITH, IS_DEFINED. Values: paths, literals,
parameters, VectorDistance (cosine; exact, whatever its options are). As in Cosmos DB a comparison
of different types, or with a missing value, is undefined, and only what is true is selected.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.cosmos_server.vector_distance import cosine, refused_option

Item = Mapping[str, Any]
Evaluate = Callable[[Item], object]


class Undefined:
    """The value of a missing member."""


UNDEFINED = Undefined()


class UnsupportedQuery(Exception):
    """The query is invalid, or beyond the subset."""


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query.

    Attributes:
        project: maps an item to a result; None for a count.
        descending: whether larger values of ``order`` come first.
    """

    project: Evaluate | None
    where: Evaluate | None
    order: Evaluate | None
    descending: bool
    top: int | None
    offset: int
    limit: int | None

    @property
    def needs_one_partition(self) -> bool:
        """Whether the results of several partitions cannot simply be concatenated."""
        return self.project is None or self.order is not None or self.top is not None

    def run(self, items: Sequence[Item]) -> list[object]:
        """The results over all items of the partitions."""
        where = self.where
        chosen = [item for item in items if where is None or where(item) is True]
        if self.project is None:
            return [len(chosen)]
        if self.order is not None:
            order = self.order
            keyed = [(order(item), item) for item in chosen]
            keyed.sort(key=lambda pair: _sort_key(pair[0]), reverse=self.descending)
            chosen = [item for _, item in keyed]
        end = None if self.limit is None else self.offset + self.limit
        return [self.project(item) for item in chosen[self.offset : end][: self.top]]


_TOKENS = re.compile(
    r"""\s*(?:
        (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<number>-?\d+(?:\.\d+)?)
      | (?P<parameter>@\w+)
      | (?P<word>[A-Za-z_]\w*)
      | (?P<sign><=|>=|!=|<>|[=<>*,.()\[\]{}:])
    )""",
    re.VERBOSE,
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<>": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


def parse(text: str, parameters: Mapping[str, object]) -> Query:
    """Parse a query.

    Raises:
        UnsupportedQuery: it is invalid, or beyond the subset.
    """
    return _Parser(text, parameters).query()


class _Parser:
    def __init__(self, text: str, parameters: Mapping[str, object]) -> None:
        self._parameters = parameters
        self._tokens: list[tuple[str, str]] = []
        self._place = 0
        position, text = 0, text.rstrip()
        while position < len(text):
            found = _TOKENS.match(text, position)
            if found is None or found.lastgroup is None:
                raise UnsupportedQuery(f"Syntax error near {text[position : position + 20]!r}.")
            self._tokens.append((found.lastgroup, found[found.lastgroup]))
            position = found.end()

    def query(self) -> Query:
        self._expect("SELECT")
        top = self._whole() if self._skip("TOP") else None
        project, descends = self._selection()
        self._expect("FROM")
        self._expect("c")
        where = self._disjunction() if self._skip("WHERE") else None
        order, descending = None, False
        if self._skip("ORDER"):
            self._expect("BY")
            order, best_first = self._value_and_kind()
            descending = self._skip("DESC") or (not self._skip("ASC") and best_first)
        offset, limit = 0, None
        if self._skip("OFFSET"):
            offset = self._whole()
            self._expect("LIMIT")
            limit = self._whole()
        if self._place < len(self._tokens):
            raise UnsupportedQuery(f"Syntax error near {self._peek()!r}.")
        if descends and (top is None and limit is None):
            raise UnsupportedQuery("A vector search needs TOP or LIMIT.")
        return Query(project, where, order, descending, top, offset, limit)

    def _selection(self) -> tuple[Evaluate | None, bool]:
        """The selected values, and whether one is a vector distance."""
        if self._skip("*"):
            return dict, False
        if self._skip("VALUE"):
            for token in ("COUNT", "(", "1", ")"):
                self._expect(token)
            return None, False
        columns: dict[str, Evaluate] = {}
        vector = False
        while True:
            value, is_distance = self._value_and_kind()
            if not self._skip("AS"):
                self._place -= 1  # a path's last member names the column
            columns[self._take("word")] = value
            vector = vector or is_distance
            if not self._skip(","):
                return _projection(columns), vector

    def _disjunction(self) -> Evaluate:
        parts = [self._conjunction()]
        while self._skip("OR"):
            parts.append(self._conjunction())
        return lambda item: any(part(item) is True for part in parts)

    def _conjunction(self) -> Evaluate:
        parts = [self._negation()]
        while self._skip("AND"):
            parts.append(self._negation())
        return lambda item: all(part(item) is True for part in parts)

    def _negation(self) -> Evaluate:
        if self._skip("NOT"):
            inner = self._negation()
            return lambda item: not inner(item) if isinstance(inner(item), bool) else UNDEFINED
        return self._comparison()

    def _comparison(self) -> Evaluate:
        if self._skip("("):
            inner = self._disjunction()
            self._expect(")")
            return inner
        left, _ = self._value_and_kind()
        if self._skip("IN"):
            self._expect("(")
            choices = [self._value_and_kind()[0]]
            while self._skip(","):
                choices.append(self._value_and_kind()[0])
            self._expect(")")
            return _membership(left, choices)
        if self._peek() in _COMPARE:
            sign = self._take("sign")
            right, _ = self._value_and_kind()
            return _comparison(left, _COMPARE[sign], right)
        return left

    def _value_and_kind(self) -> tuple[Evaluate, bool]:
        """A value, and whether it is a vector distance."""
        if self._place >= len(self._tokens):
            raise UnsupportedQuery("The query ends too early.")
        kind, text = self._tokens[self._place]
        self._place += 1
        if kind == "parameter":
            if text not in self._parameters:
                raise UnsupportedQuery(f"The parameter {text} has no value.")
            return _constant(self._parameters[text]), False
        if kind == "number":
            return _constant(json.loads(text)), False
        if kind == "string":
            return _constant(json.loads('"' + text[1:-1].replace("\\'", "'") + '"')), False
        if text in ("true", "false", "null"):
            return _constant(json.loads(text)), False
        if text == "c":
            return self._path(), False
        if text == "{":
            return _constant(self._object()), False
        if kind == "word" and self._skip("("):
            return self._call(text.upper())
        raise UnsupportedQuery(f"Syntax error near {text!r}.")

    def _call(self, function: str) -> tuple[Evaluate, bool]:
        arguments = [self._value_and_kind()[0]]
        while self._skip(","):
            arguments.append(self._value_and_kind()[0])
        self._expect(")")
        match function, arguments:
            case "STARTSWITH", [text, prefix]:
                return _starts_with(text, prefix), False
            case "IS_DEFINED", [value]:
                return (lambda item: not isinstance(value(item), Undefined)), False
            case "VECTORDISTANCE", [left, right, *rest] if len(rest) in (0, 2):
                if rest and (refused := refused_option(*(value({}) for value in rest))):
                    raise UnsupportedQuery(refused)
                return (
                    lambda item: (
                        UNDEFINED if (found := cosine(left(item), right(item))) is None else found
                    )
                ), True
            case _:
                raise UnsupportedQuery(f"{function} with {len(arguments)} arguments is not known.")

    def _path(self) -> Evaluate:
        members: list[str] = []
        while True:
            if self._skip("."):
                members.append(self._take("word"))
            elif self._skip("["):
                members.append(json.loads(self._take("string")))
                self._expect("]")
            else:
                return _path(members)

    def _object(self) -> dict[str, object]:
        """An object of constants."""
        members: dict[str, object] = {}
        while not self._skip("}"):
            name = self._take("string")[1:-1]
            self._expect(":")
            members[name] = self._value_and_kind()[0]({})
            if self._peek() != "}":
                self._expect(",")
        return members

    def _peek(self) -> str:
        return self._tokens[self._place][1] if self._place < len(self._tokens) else ""

    def _skip(self, text: str) -> bool:
        if self._peek().upper() == text.upper():
            self._place += 1
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._skip(text):
            raise UnsupportedQuery(f"Expected {text} near {self._peek()!r}.")

    def _take(self, kind: str) -> str:
        if self._place < len(self._tokens) and self._tokens[self._place][0] == kind:
            self._place += 1
            return self._tokens[self._place - 1][1]
        raise UnsupportedQuery(f"Syntax error near {self._peek()!r}.")

    def _whole(self) -> int:
        value = self._value_and_kind()[0]({})
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise UnsupportedQuery("TOP, OFFSET and LIMIT take whole numbers.")
        return value


def _constant(value: object) -> Evaluate:
    return lambda _: value


def _path(members: Sequence[str]) -> Evaluate:
    def evaluate(item: Item) -> object:
        value: object = item
        for member in members:
            if not isinstance(value, Mapping) or member not in value:
                return UNDEFINED
            value = value[member]
        return value

    return evaluate


def _projection(columns: Mapping[str, Evaluate]) -> Evaluate:
    def evaluate(item: Item) -> object:
        values = {name: value(item) for name, value in columns.items()}
        return {name: value for name, value in values.items() if not isinstance(value, Undefined)}

    return evaluate


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else type(value).__name__


def _comparison(left: Evaluate, compare: Callable[[Any, Any], bool], right: Evaluate) -> Evaluate:
    def evaluate(item: Item) -> object:
        one, other = left(item), right(item)
        if isinstance(one, Undefined) or _kind(one) != _kind(other):
            return UNDEFINED
        return compare(one, other)

    return evaluate


def _membership(left: Evaluate, choices: Sequence[Evaluate]) -> Evaluate:
    return lambda item: any(
        _kind(left(item)) == _kind(choice(item)) and left(item) == choice(item)
        for choice in choices
    )


def _starts_with(text: Evaluate, prefix: Evaluate) -> Evaluate:
    def evaluate(item: Item) -> object:
        whole, start = text(item), prefix(item)
        if isinstance(whole, str) and isinstance(start, str):
            return whole.startswith(start)
        return UNDEFINED

    return evaluate


def _sort_key(value: object) -> tuple[int, Any]:
    """Undefined sorts first, then numbers, then strings."""
    if isinstance(value, str):
        return 2, value
    return (1, value) if isinstance(value, int | float) else (0, 0)
