"""Expression nodes of the guard language.

Responsible for the shape of an expression and for walking it. Macros stay as the author wrote them
(`Comprehension`, `Has`, `Bind`, `OptionalMap`), never lowered to folds: the compiler emits loops
from them and explanations print them. Never evaluates, types or resolves anything.

Every node ends with `start` and `end`: a half-open range of 0-based code points of the guard
source, parentheses around the node not included, those around its operands included. Equality and
hash ignore the range, so that `parse(unparse(e)) == e`.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Expr(msgspec.Struct, frozen=True, eq=False, gc=False):
    """Any expression; see the module for `start` and `end`.

    Frozen nodes form no cycles, so the garbage collector need not visit them.
    """

    if TYPE_CHECKING:
        # fields of every subclass, where they come last

        @property
        def start(self) -> int: ...  # noqa: D102 - as above

        @property
        def end(self) -> int: ...  # noqa: D102 - as above

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other):
            return False
        return _content(self) == _content(other)

    def __hash__(self) -> int:
        return hash((type(self), _content(self)))


def _content(node: Expr) -> tuple[Any, ...]:
    return tuple(getattr(node, name) for name in node.__struct_fields__[:-2])


class Literal(Expr, frozen=True, eq=False):
    """A constant: bool, int, `Uint`, float, str, bytes or None."""

    value: Any
    start: int
    end: int

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Literal) or type(self.value) is not type(other.value):
            return False
        return repr(self.value) == repr(other.value)

    def __hash__(self) -> int:
        return hash((type(self.value), repr(self.value)))


class Ident(Expr, frozen=True, eq=False):
    """A name; `is_absolute` when written `.name`, which no local variable can shadow.

    The protobuf type names keep their dots: `Ident("google.protobuf.Timestamp")`.
    """

    name: str
    is_absolute: bool
    start: int
    end: int


class Select(Expr, frozen=True, eq=False):
    """`operand.field`, or `operand.?field` when `is_optional`; the field may need backquotes."""

    operand: Expr
    field: str
    is_optional: bool
    start: int
    end: int


class Has(Expr, frozen=True, eq=False):
    """`has(operand.field)`."""

    operand: Expr
    field: str
    start: int
    end: int


class Index(Expr, frozen=True, eq=False):
    """`operand[index]`, or `operand[?index]` when `is_optional`."""

    operand: Expr
    index: Expr
    is_optional: bool
    start: int
    end: int


class Unary(Expr, frozen=True, eq=False):
    """`!operand` or `-operand`."""

    operator: str
    operand: Expr
    start: int
    end: int


class Binary(Expr, frozen=True, eq=False):
    """`left operator right`; the operator is one of `+ - * / % == != < <= > >= in`."""

    operator: str
    left: Expr
    right: Expr
    start: int
    end: int


class Logical(Expr, frozen=True, eq=False):
    """A chain of `&&` or of `||`, flat: no operand is a `Logical` of the same operator."""

    operator: str
    operands: tuple[Expr, ...]
    start: int
    end: int


class Conditional(Expr, frozen=True, eq=False):
    """`condition ? then : otherwise`."""

    condition: Expr
    then: Expr
    otherwise: Expr
    start: int
    end: int


class Call(Expr, frozen=True, eq=False):
    """`function(args)`, or `target.function(args)`.

    A function of a namespace has no target and keeps its dot: `math.greatest`, `base64.decode`.
    """

    function: str
    target: Expr | None
    args: tuple[Expr, ...]
    start: int
    end: int


class ListExpr(Expr, frozen=True, eq=False):
    """`[a, ?b]`; `optional_indices` are the positions written with `?`."""

    elements: tuple[Expr, ...]
    optional_indices: tuple[int, ...]
    start: int
    end: int


class Entry(Expr, frozen=True, eq=False):
    """`key: value` or `?key: value` of a map; no expression of its own."""

    key: Expr
    value: Expr
    is_optional: bool
    start: int
    end: int


class MapExpr(Expr, frozen=True, eq=False):
    """`{key: value, ?key: value}`."""

    entries: tuple[Entry, ...]
    start: int
    end: int


class Comprehension(Expr, frozen=True, eq=False):
    """A macro over a list or map, as written.

    | macro | variables | condition | result |
    |---|---|---|---|
    | `all`, `exists` | 1 or 2 | predicate | None |
    | `exists_one`, `existsOne` | 1 or 2 | predicate | None |
    | `filter` | 1 | predicate | None |
    | `map` | 1 | None or predicate | element |
    | `transformList`, `transformMap` | 2 | None or predicate | element or value |
    | `transformMapEntry` | 2 | None or predicate | a map of one entry |

    One variable is the element of a list or the key of a map; two are index and element, or key and
    value.
    """

    macro: str
    iterated: Expr
    variables: tuple[Ident, ...]
    condition: Expr | None
    result: Expr | None
    start: int
    end: int


class Bind(Expr, frozen=True, eq=False):
    """`cel.bind(variable, value, body)`."""

    variable: Ident
    value: Expr
    body: Expr
    start: int
    end: int


class OptionalMap(Expr, frozen=True, eq=False):
    """`operand.optMap(variable, body)` or, when `macro` says so, `optFlatMap`."""

    macro: str
    operand: Expr
    variable: Ident
    body: Expr
    start: int
    end: int


def children(node: Expr) -> tuple[Expr, ...]:
    """Return the direct sub-expressions in source order; variables that a macro binds are not."""
    parts = _CHILDREN.get(type(node))
    return () if parts is None else parts(node)


def _of_call(node: Call) -> tuple[Expr, ...]:
    return node.args if node.target is None else (node.target, *node.args)


def _of_comprehension(node: Comprehension) -> tuple[Expr, ...]:
    parts = (node.iterated, node.condition, node.result)
    return tuple(part for part in parts if part is not None)


_CHILDREN: Final[dict[type[Expr], Callable[[Any], tuple[Expr, ...]]]] = {
    Select: lambda node: (node.operand,),
    Has: lambda node: (node.operand,),
    Unary: lambda node: (node.operand,),
    Index: lambda node: (node.operand, node.index),
    Binary: lambda node: (node.left, node.right),
    Entry: lambda node: (node.key, node.value),
    Bind: lambda node: (node.value, node.body),
    OptionalMap: lambda node: (node.operand, node.body),
    Logical: attrgetter("operands"),
    ListExpr: attrgetter("elements"),
    MapExpr: attrgetter("entries"),
    Conditional: lambda node: (node.condition, node.then, node.otherwise),
    Call: _of_call,
    Comprehension: _of_comprehension,
}
"""How each shape that has any gives them; a table, because every reader of guards walks."""


def walk(node: Expr) -> Iterator[Expr]:
    """Yield the node and everything below it, parents before children, in source order."""
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(reversed(children(current)))
