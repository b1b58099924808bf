"""Nodes to canonical text.

Responsible for the one way an expression is written: minimal parentheses, one space around binary
operators, text in double quotes. `parse(unparse(e)) == e` for every parsed `e`. Used by
diagnostics, digests and explanations.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from interlock.rulebook.guard.nodes import (
    Binary,
    Bind,
    Call,
    Comprehension,
    Conditional,
    Entry,
    Expr,
    Has,
    Ident,
    Index,
    ListExpr,
    Literal,
    Logical,
    MapExpr,
    OptionalMap,
    Select,
    Unary,
)
from interlock.rulebook.guard.values import Uint

if TYPE_CHECKING:
    from collections.abc import Callable

_CONDITIONAL, _OR, _AND, _RELATION, _SUM, _PRODUCT, _UNARY, _MEMBER = range(8)
_PRECEDENCE: Final = {
    "||": _OR,
    "&&": _AND,
    "+": _SUM,
    "-": _SUM,
    "*": _PRODUCT,
    "/": _PRODUCT,
    "%": _PRODUCT,
}
_NO_FIELD: Final = frozenset({"true", "false", "null", "in"})
_ESCAPES: Final = {
    "\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t",
    "\v": "\\v", "\\": "\\\\", '"': '\\"',
}  # fmt: skip


def unparse(node: Expr) -> str:
    """Return the canonical text of an expression."""
    return _write(node, _CONDITIONAL)


def _write(node: Expr, context: int) -> str:
    """Return the text, in parentheses when it binds weaker than its context."""
    kind = type(node)
    text = _WRITERS[kind](node)
    if kind in _STRONGEST:
        return text
    return f"({text})" if _strength(node) < context else text


def _strength(node: Expr) -> int:
    match node:
        case Conditional():
            return _CONDITIONAL
        case Binary() | Logical():
            return _PRECEDENCE.get(node.operator, _RELATION)
        case Unary():
            return _UNARY
        case Literal(value=value):
            return _UNARY if _is_negative(value) else _MEMBER
        case _:
            return _MEMBER


def _is_negative(value: Any) -> bool:
    return type(value) in {int, float} and math.copysign(1, value) < 0


def _is_positive(value: Any) -> bool:
    return type(value) in {int, float} and math.copysign(1, value) > 0


def _literal(node: Literal) -> str:
    value = node.value
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case Uint() | int():
            return repr(value)
        case float():
            return repr(value)
        case str():
            return f'"{_characters(value)}"'
        case _:
            return f'b"{"".join(_byte(b) for b in value)}"'


def _characters(text: str) -> str:
    if text.isprintable() and '"' not in text and "\\" not in text:
        return text
    return "".join(map(_character, text))


def _character(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 - width of \u


def _byte(byte: int) -> str:
    character = chr(byte)
    if character in _ESCAPES:
        return _ESCAPES[character]
    return character if 32 <= byte < 127 else f"\\x{byte:02x}"  # noqa: PLR2004 - printable ASCII


def _ident(node: Ident) -> str:
    return f".{node.name}" if node.is_absolute else node.name


def _field(name: str) -> str:
    is_plain = name.isascii() and name.isidentifier() and name not in _NO_FIELD
    return name if is_plain else f"`{name}`"


def _select(node: Select) -> str:
    dot = ".?" if node.is_optional else "."
    return f"{_write(node.operand, _MEMBER)}{dot}{_field(node.field)}"


def _has(node: Has) -> str:
    return f"has({_write(node.operand, _MEMBER)}.{_field(node.field)})"


def _index(node: Index) -> str:
    mark = "?" if node.is_optional else ""
    return f"{_write(node.operand, _MEMBER)}[{mark}{unparse(node.index)}]"


def _unary(node: Unary) -> str:
    operand = node.operand
    if node.operator == "-" and isinstance(operand, Literal) and _is_positive(operand.value):
        return f"-({_literal(operand)})"  # without parentheses it would be one literal
    return f"{node.operator}{_write(operand, _UNARY)}"


def _binary(node: Binary) -> str:
    strength = _PRECEDENCE.get(node.operator, _RELATION)
    left = _write(node.left, strength)
    return f"{left} {node.operator} {_write(node.right, strength + 1)}"


def _logical(node: Logical) -> str:
    stronger = _PRECEDENCE[node.operator] + 1
    return f" {node.operator} ".join([_write(operand, stronger) for operand in node.operands])


def _conditional(node: Conditional) -> str:
    condition = _write(node.condition, _OR)
    return f"{condition} ? {_write(node.then, _OR)} : {unparse(node.otherwise)}"


def _arguments(*args: Expr | None) -> str:
    return f"({', '.join(unparse(arg) for arg in args if arg is not None)})"


def _call(node: Call) -> str:
    target = "" if node.target is None else f"{_write(node.target, _MEMBER)}."
    return f"{target}{node.function}{_arguments(*node.args)}"


def _list(node: ListExpr) -> str:
    items = (
        f"{'?' if position in node.optional_indices else ''}{unparse(element)}"
        for position, element in enumerate(node.elements)
    )
    return f"[{', '.join(items)}]"


def _entry(node: Entry) -> str:
    return f"{'?' if node.is_optional else ''}{unparse(node.key)}: {unparse(node.value)}"


def _map(node: MapExpr) -> str:
    return f"{{{', '.join(map(_entry, node.entries))}}}"


def _comprehension(node: Comprehension) -> str:
    arguments = _arguments(*node.variables, node.condition, node.result)
    return f"{_write(node.iterated, _MEMBER)}.{node.macro}{arguments}"


def _bind(node: Bind) -> str:
    return f"cel.bind{_arguments(node.variable, node.value, node.body)}"


def _optional_map(node: OptionalMap) -> str:
    return f"{_write(node.operand, _MEMBER)}.{node.macro}{_arguments(node.variable, node.body)}"


_WRITERS: Final[dict[type[Expr], Callable[[Any], str]]] = {
    Literal: _literal,
    Ident: _ident,
    Select: _select,
    Has: _has,
    Index: _index,
    Unary: _unary,
    Binary: _binary,
    Logical: _logical,
    Conditional: _conditional,
    Call: _call,
    ListExpr: _list,
    Entry: _entry,
    MapExpr: _map,
    Comprehension: _comprehension,
    Bind: _bind,
    OptionalMap: _optional_map,
}
_STRONGEST: Final = frozenset(_WRITERS) - {Literal, Unary, Binary, Logical, Conditional}
