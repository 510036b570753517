"""The mutants of a module: its source with one change each.

Uses Cosmic Ray's operators, except changes of type annotations, removals of decorators that mypy
checks (such as ``@dataclass``) and changes that repeat another one of the same place; and one
operator of its own, which drops a statement.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cosmic_ray.plugins
import parso
from cosmic_ray.ast import Visitor, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator

_OPERATORS = re.compile(
    r"""core/(
      ReplaceBinaryOperator_(Add_Sub|Sub_Add|Mul_FloorDiv|FloorDiv_Mul|Div_Mul|Mod_FloorDiv|Pow_Mul
        |LShift_RShift|RShift_LShift|BitAnd_BitXor|BitXor_BitAnd)
    | ReplaceComparisonOperator_(Eq_NotEq|NotEq_Eq|Lt_LtE|Lt_GtE|LtE_Lt|LtE_Gt|Gt_GtE|Gt_LtE
        |GtE_Gt|GtE_Lt|Is_IsNot|IsNot_Is|In_NotIn|NotIn_In)
    | ReplaceUnaryOperator_(USub_UAdd|Invert_UAdd|Delete_Not)
    | AddNot | ReplaceTrueWithFalse | ReplaceFalseWithTrue | ReplaceAndWithOr | ReplaceOrWithAnd
    | ReplaceBreakWithContinue | ReplaceContinueWithBreak | ExceptionReplacer | NumberReplacer
    | RemoveDecorator | ZeroIterationForLoop
    )""",
    re.VERBOSE,
)

_ATTRIBUTE = re.compile(r"self\.\w+ = \w+")
"""Stores an argument in an attribute; without that, its first use fails."""
_CHECKED_BY_MYPY = re.compile(r"@dataclass|@(override|final|abstractmethod|overload)\b")


@dataclass(frozen=True)
class Mutant:
    """A module with one change."""

    module: Path
    """Relative to the checkout."""
    operator: str
    line: int
    """The first line that differs, from 1, in the module as it is."""
    before: str
    """The lines that the change replaces, without their indentation."""
    after: str
    source: str

    def __str__(self) -> str:
        return f"{self.module}:{self.line}: {self.before!r} -> {self.after!r}"


class DropStatement(Operator):  # type: ignore[misc]
    """Replaces a call, an assignment to an attribute or item, or an augmented one by ``pass``."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[Any, Any]]:
        if node.type == "simple_stmt" and self._has_an_effect(node.children[0]):
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        nothing: Any = parso.parse("pass").children[0]  # type: ignore[no-untyped-call]
        nothing.prefix = node.get_first_leaf().prefix
        node.children[0] = nothing
        return node

    @classmethod
    def examples(cls) -> tuple[()]:
        return ()

    @staticmethod
    def _has_an_effect(statement: Any) -> bool:
        if statement.type == "atom_expr":
            return True
        if statement.type in ("raise_stmt", "del_stmt"):
            return True
        if statement.type != "expr_stmt":
            return False
        target, operation = statement.children[:2]
        return bool(
            operation.type == "operator" and (operation.value != "=" or target.type == "atom_expr")
        )


class _Places(Visitor):  # type: ignore[misc]
    """Counts the places that an operator changes in a module."""

    def __init__(self, operator: Operator) -> None:
        self.count = 0
        self._operator = operator

    def visit(self, node: Any) -> Any:
        self.count += sum(1 for _ in self._operator.mutation_positions(node))
        return node


def mutants_of(module: Path, source: str) -> list[Mutant]:
    """All mutants of a module, in order of lines; one for each distinct source."""
    names = [name for name in cosmic_ray.plugins.operator_names() if _OPERATORS.fullmatch(name)]
    operators = [(name, cosmic_ray.plugins.get_operator(name)()) for name in names]
    operators.append(("DropStatement", DropStatement()))
    found: dict[str, Mutant] = {}
    for name, operator in operators:
        places = _Places(operator)
        places.walk(get_ast(source))
        for occurrence in range(places.count):
            mutated = mutate_code(source, operator, occurrence)
            if mutated is None or mutated == source or not _compiles(mutated):
                continue
            mutant = _compared(module, name, source, mutated)
            kept = name == "DropStatement" and _ATTRIBUTE.fullmatch(mutant.before)
            if not kept and not _CHECKED_BY_MYPY.search(mutant.before):
                found.setdefault(mutated, mutant)
    return sorted(found.values(), key=lambda mutant: mutant.line)


def _compiles(source: str) -> bool:
    """Whether Python compiles a source; ``not`` is not allowed before ``name := value``."""
    try:
        compile(source, "mutant", "exec")
    except SyntaxError:
        return False
    return True


def _compared(module: Path, operator: str, source: str, mutated: str) -> Mutant:
    old, new = source.splitlines(), mutated.splitlines()
    changes = [
        change
        for change in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        if change[0] != "equal"
    ]
    start, end = changes[0][1], changes[-1][2]
    new_start, new_end = changes[0][3], changes[-1][4]
    return Mutant(
        module=module,
        operator=operator,
        line=start + 1,
        before=_flat(old[start:end]),
        after=_flat(new[new_start:new_end]),
        source=mutated,
    )


def _flat(lines: list[str]) -> str:
    return " ".join(line.strip() for line in lines)
