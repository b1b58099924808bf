"""What an editor shows about a place in a guard.

Responsible for the type and the documentation of the sub-expression at an offset. Never checks; it
reads what the checker found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from interlock.rulebook.guard.nodes import Call, Expr, Has, Ident, Index, Literal, Select, walk
from interlock.rulebook.guard.type_text import describe_fully, describe_overload
from interlock.rulebook.guard.types import ObjectType

if TYPE_CHECKING:
    from interlock.rulebook.guard.checker import Checked
    from interlock.rulebook.guard.environment import Environment
    from interlock.rulebook.guard.signature import Function


class Hover(msgspec.Struct, frozen=True):
    """What is known about the sub-expression at `start:end`.

    Attributes:
        title: Its type, or the signatures of the function called, one a line.
        doc: What it means; empty when nothing is written about it.
        start: 0-based code point where it starts.
        end: Where it ends (exclusive).
    """

    title: str
    doc: str
    start: int
    end: int


def hover_at(checked: Checked, environment: Environment, offset: int) -> Hover | None:
    """Return what is known about the smallest sub-expression around a 0-based code point."""
    node: Expr | None = None
    for candidate in walk(checked.expr):
        if candidate.start <= offset < candidate.end and id(candidate) in checked.types:
            node = candidate
    if node is None:
        return None
    title, doc = _words(checked, environment, node)
    return Hover(title, doc, node.start, node.end)


def _words(checked: Checked, environment: Environment, node: Expr) -> tuple[str, str]:
    title = describe_fully(checked.type_of(node))
    match node:
        case Ident(name=name) if name in environment.variables:
            return title, environment.variables[name].doc
        case Select(operand=operand, field=field) | Has(operand=operand, field=field):
            return title, _field_doc(checked, operand, field)
        case Index(operand=operand, index=Literal(value=str(field))):
            return title, _field_doc(checked, operand, field)
        case Call(function=name) if name in environment.functions:
            entry = environment.functions[name]
            return signatures(entry), entry.doc
        case _:
            return title, ""


def _field_doc(checked: Checked, operand: Expr, name: str) -> str:
    record = checked.type_of(operand)
    field = record.field(name) if isinstance(record, ObjectType) else None
    return "" if field is None else field.doc


def signatures(entry: Function) -> str:
    """Return every way to call a function, one a line."""
    return "\n".join(describe_overload(entry.name, overload) for overload in entry.overloads)
