"""What an author could write instead.

Responsible for one possible remedy per mistake with types. Never reports; `None` where nothing is
likely enough.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from interlock.rulebook.guard.nodes import Binary, Call, Expr, Ident, Index, Literal, Select
from interlock.rulebook.guard.presence import path_of
from interlock.rulebook.guard.type_text import is_comparable
from interlock.rulebook.guard.types import (
    BOOL,
    DOUBLE,
    DURATION,
    INT,
    NULL,
    NUMERIC,
    STRING,
    TIMESTAMP,
    UINT,
    ListType,
    MapType,
    OptionalType,
    Type,
    is_assignable,
)

if TYPE_CHECKING:
    from interlock.rulebook.guard.checker_walk import Walk

_CONVERTERS: Final[dict[Type, str]] = {INT: "int", UINT: "uint", DOUBLE: "double", STRING: "string"}
_TIMES: Final[dict[Type, str]] = {TIMESTAMP: "timestamp", DURATION: "duration"}
_PRINTABLE: Final = (INT, UINT, DOUBLE, BOOL, TIMESTAMP, DURATION)
_NAMED: Final = (Ident, Select, Index, Call)  # what needs no parentheses before an operator
_NUMBER: Final = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?")
_NO_NUMBER: Final = "compare it with a number"
_DEFAULTS: Final[dict[Type, str]] = {STRING: '""', INT: "0", UINT: "0u", DOUBLE: "0.0"}


def comparison_code(left: Type, right: Type) -> str:
    """Return X216 for a duration beside a number, X204 for any other comparison."""
    pair = (left, right)
    return "X216" if DURATION in pair and any(one in NUMERIC for one in pair) else "X204"


def remedy(walk: Walk, node: Binary, left: Type, right: Type) -> str | None:
    """Return what could stand instead of `left operator right`."""
    if node.operator == "==":
        membership = _membership(walk, node, left, right)
        if membership is not None:
            return membership
    if node.operator in {"+", "-"} and TIMESTAMP in (left, right):
        one, kind = (node.left, left) if right == TIMESTAMP else (node.right, right)
        return _for_one(walk, one, kind, DURATION)
    if node.operator == "+" and STRING in (left, right):
        one, kind = (node.left, left) if right == STRING else (node.right, right)
        return _as_text(walk, one, kind)
    is_equality = node.operator in {"==", "!="}
    literal = _as_literal(node.left, right, is_equality=is_equality) or _as_literal(
        node.right, left, is_equality=is_equality
    )
    if literal is not None:
        return literal
    return _for_one(walk, node.left, left, right) or _for_one(walk, node.right, right, left)


def _as_literal(node: Expr, other: Type, *, is_equality: bool) -> str | None:
    """Return how a constant is written that is to stand beside a value of type `other`.

    A constant is written as the other side is, rather than the other side converted to it; but a
    text that is to be more or less than a number is to be read as one.
    """
    if not isinstance(node, Literal):
        return None
    value = node.value
    if other == STRING and is_equality and type(value) in (int, float, bool):
        return f'write `"{str(value).lower() if isinstance(value, bool) else repr(value)}"`'
    if not isinstance(value, str):
        return None
    if other == BOOL and value in ("true", "false"):
        return f"write `{value}`"
    if other in NUMERIC:
        return f"write `{number}`" if (number := _number_text(value, other)) else _NO_NUMBER
    return None


def _number_text(text: str, kind: Type) -> str | None:
    """Return a text as the number of a type that it spells; None where it spells none."""
    if not _NUMBER.fullmatch(text):
        return None
    if kind == DOUBLE:
        return repr(float(text))
    if "." in text or (kind == UINT and text.startswith("-")):
        return None
    return f"{int(text)}u" if kind == UINT else str(int(text))


def _membership(walk: Walk, node: Binary, left: Type, right: Type) -> str | None:
    """Return `element in list` for a list that is compared with what could be its element."""
    if isinstance(left, ListType) and is_comparable(left.element, right):
        return f"write `{walk.text(node.right)} in {walk.text(node.left)}`"
    if isinstance(right, ListType) and is_comparable(right.element, left):
        return f"write `{walk.text(node.left)} in {walk.text(node.right)}`"
    return None


def _for_one(walk: Walk, node: Expr, found: Type, other: Type) -> str | None:  # noqa: PLR0911 - a table with conditions
    """Return how to make one operand fit beside a value of type `other`."""
    if isinstance(found, OptionalType):
        return f"give a default: `{walk.text(node)}.orValue({_DEFAULTS.get(other, '…')})`"
    if found == NULL:
        return "an unset field is absent, not null; test it with `has(…)`"
    if other == DURATION and found in NUMERIC:
        return f"write {_length(node)}"
    if other in _TIMES and is_assignable(found, STRING):
        return f"write `{_TIMES[other]}({walk.text(node)})`"
    if found == DURATION and other == TIMESTAMP:
        return "subtract the two timestamps first, such as `now - incident.created_at`"
    if found == TIMESTAMP and other in NUMERIC:
        return f"write `int({walk.text(node)})` for seconds since 1970"
    if found == STRING and other in NUMERIC and not isinstance(node, Literal):
        return f"write `{_CONVERTERS[other]}({walk.text(node)})`"
    if other == STRING and found in NUMERIC:
        return _as_text(walk, node, found)
    return _number(walk, node, found, other)


def _as_text(walk: Walk, node: Expr, found: Type) -> str | None:
    if isinstance(found, OptionalType):
        return f'give a default: `{walk.text(node)}.orValue("")`'
    if found not in _PRINTABLE:
        return None
    if isinstance(node, Literal) and found in NUMERIC:
        return f'write `"{node.value!r}"`'
    return f"write `string({walk.text(node)})`"


def _length(node: Expr) -> str:
    if isinstance(node, Literal):
        return f'`duration("{node.value:g}s")`' if type(node.value) is float else _seconds(node)
    return '`duration("…s")` for a fixed length of time'


def _seconds(node: Literal) -> str:
    return f'`duration("{int(node.value)}s")`'


def _number(walk: Walk, node: Expr, found: Type, other: Type) -> str | None:
    if isinstance(node, Literal):
        if found == INT and other == DOUBLE:
            return f"write `{float(node.value)!r}`"
        if found == INT and other == UINT and node.value >= 0:
            return f"write `{node.value}u`"
        return None
    if found in NUMERIC and other == DOUBLE:
        return f"write `double({walk.text(node)})`"
    if found == UINT and other == INT:
        return f"write `int({walk.text(node)})`"
    return None


def argument_remedy(walk: Walk, node: Expr, found: Type, wanted: Type) -> str | None:
    """Return how to make an argument fit a parameter."""
    return _for_one(walk, node, found, wanted)


def truth_remedy(walk: Walk, node: Expr, found: Type) -> str | None:
    """Return a bool that the author may have meant with a value of another type."""
    words = walk.text(node)
    if not isinstance(node, _NAMED) or words == "…":
        return None
    path = path_of(node)
    if path is not None and path in walk.told:
        return f"write `has({words})`, or compare it with something"
    match found:
        case ListType() | MapType():
            return f"write `size({words}) > 0`"
        case OptionalType():
            return f"write `{words}.hasValue()`"
        case _ if found in NUMERIC:
            return f"write `{words} != 0`"
        case _ if is_assignable(found, STRING):
            return f'write `{words} != ""`'
        case _:
            return None
