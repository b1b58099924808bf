"""What may be typed at a place inside a guard that is not finished yet.

Responsible for making an expression of a guard's beginning: a mark stands for what is being typed,
brackets are closed, and where the beginning itself is wrong, as much of its end is taken as gives
an expression. Never completes a name.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from interlock.rulebook.editing.cursor import word_before
from interlock.rulebook.guard.checker import check
from interlock.rulebook.guard.functions import NAMESPACES
from interlock.rulebook.guard.nodes import (
    Binary,
    Bind,
    Call,
    Comprehension,
    Expr,
    Has,
    Ident,
    Index,
    ListExpr,
    Literal,
    OptionalMap,
    Select,
    children,
)
from interlock.rulebook.guard.parser import parse
from interlock.rulebook.guard.syntax import ParseProblem
from interlock.rulebook.guard.types import (
    DYN,
    INT,
    EnumType,
    ListType,
    MapType,
    OptionalType,
    Type,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from interlock.rulebook.guard.checker import Checked
    from interlock.rulebook.guard.environment import Environment

_MARK: Final = "zz__here__"
_LENGTH_MAX: Final = 8_192
_ATTEMPTS_MAX: Final = 48
_LEXEME = re.compile(
    r"""(?P<comment>//[^\n]*)|(?P<text>\"\"\".*?\"\"\"|'''.*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')"""
    r"""|(?P<quote>["'])|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<maybe>(?<=[.\[{,])\?)|(?P<other>[?:])""",
    re.DOTALL,
)
_CUT = re.compile(r"&&|\|\||==|!=|<=?|>=?|[(\[{,?:!+*/%-]|\bin\b")
_CLOSERS: Final = {"(": ")", "[": "]", "{": "}", "?": " : null"}


class Point(NamedTuple):
    """What is known about a place in a guard.

    Attributes:
        word: What is typed of a name, or of a text in quotes.
        quote: The quote that is open, or nothing.
        is_comment: Whether the place is in a comment.
        receiver: The type of what stands before a dot.
        namespace: The namespace before a dot, such as `math`.
        member_of: The name of the field before a dot or bracket, such as `labels`.
        expected: The type that is compared with, or that a function takes here.
        variables: What macros around the place bind, with their types.
    """

    word: str
    quote: str = ""
    is_comment: bool = False
    receiver: Type | None = None
    namespace: str = ""
    member_of: str = ""
    expected: Type | None = None
    variables: Mapping[str, Type] = {}


def point_at(beginning: str, environment: Environment) -> Point:
    """Return what is known about the end of `beginning`, the guard up to the cursor."""
    beginning = beginning[-_LENGTH_MAX:]
    is_comment = False
    for match in _LEXEME.finditer(beginning):
        if match.lastgroup == "quote":
            return _in_text(beginning, match, environment)
        is_comment = match.lastgroup == "comment" and match.end() == len(beginning)
    word = word_before(beginning).lstrip("0123456789")
    if is_comment:
        return Point(word, is_comment=True)
    head = beginning[: len(beginning) - len(word)]
    return _understand(head, _MARK, environment, Point(word))


def _in_text(beginning: str, opened: re.Match[str], environment: Environment) -> Point:
    head, word = beginning[: opened.start()], beginning[opened.end() :]
    return _understand(head, f'"{_MARK}"', environment, Point(word, opened[0]))


def _understand(head: str, mark: str, environment: Environment, point: Point) -> Point:
    for text in _expressions(head, mark):
        expr = parse(text, nesting_max=None)
        if not isinstance(expr, ParseProblem):
            return _describe(check(expr, environment, source=text), environment, point)
    return point


def _expressions(head: str, mark: str) -> Iterator[str]:
    """Yield texts that may be expressions, the longest first."""
    yield head + mark + _closing(head)
    cuts = [match.end() for match in _CUT.finditer(head)]
    for cut in cuts[-_ATTEMPTS_MAX:]:
        yield head[cut:] + mark + _closing(head[cut:])


def _closing(head: str) -> str:
    opened: list[str] = []
    for match in _LEXEME.finditer(head):
        kind = match.lastgroup
        if kind == "open" or match[0] == "?":
            if kind != "maybe":
                opened.append(match[0])
        elif kind == "close":
            while opened and opened.pop() == "?":
                pass
        elif match[0] == ":" and opened and opened[-1] == "?":
            opened.pop()
    return "".join(_CLOSERS[bracket] for bracket in reversed(opened))


def _describe(checked: Checked, environment: Environment, point: Point) -> Point:
    ancestors = _path_to_mark(checked.expr)
    if not ancestors:
        return point
    node, parents = ancestors[-1], ancestors[:-1]
    variables: dict[str, Type] = {}
    for parent, child in pairwise(ancestors):
        variables.update(_bound(checked, parent, child))
    point = point._replace(
        variables=variables, expected=_expected(checked, environment, node, parents)
    )
    if isinstance(node, Select | Has):
        operand = node.operand
        if isinstance(operand, Ident) and _is_namespace(operand.name, environment, variables):
            return point._replace(namespace=operand.name)
        receiver = checked.types.get(id(operand), DYN)
        return point._replace(receiver=receiver, member_of=_field(operand))
    if parents and isinstance(parents[-1], Index) and parents[-1].index is node:
        return point._replace(member_of=_field(parents[-1].operand))
    return point


def _is_namespace(name: str, environment: Environment, variables: Mapping[str, Type]) -> bool:
    return name in NAMESPACES and name not in environment.variables and name not in variables


def _field(node: Expr) -> str:
    return node.field if isinstance(node, Select) else ""


def _path_to_mark(root: Expr) -> list[Expr]:
    """Return the nodes from the root to the mark."""
    pending: list[tuple[Expr, ...]] = [(root,)]
    while pending:
        path = pending.pop()
        if _is_mark(path[-1]):
            return list(path)
        pending.extend((*path, child) for child in children(path[-1]))
    return []


def _is_mark(node: Expr) -> bool:
    match node:
        case Ident(name=name) | Select(field=name) | Has(field=name) | Literal(value=str(name)):
            return name == _MARK
        case _:
            return False


def _bound(checked: Checked, parent: Expr, child: Expr) -> dict[str, Type]:
    """Return what a macro binds for the part of it that the path goes through."""
    match parent:
        case Comprehension(iterated=iterated, variables=variables) if child is not iterated:
            kinds = _element_types(checked.types.get(id(iterated), DYN), len(variables))
            return {v.name: kind for v, kind in zip(variables, kinds, strict=True)}
        case Bind(variable=variable, value=value) if child is not value:
            return {variable.name: checked.types.get(id(value), DYN)}
        case OptionalMap(variable=variable, operand=operand) if child is not operand:
            kind = checked.types.get(id(operand), DYN)
            return {variable.name: kind.element if isinstance(kind, OptionalType) else DYN}
        case _:
            return {}


def _element_types(kind: Type, count: int) -> tuple[Type, ...]:
    match kind:
        case ListType(element):
            return (element,) if count == 1 else (INT, element)
        case MapType(key, value):
            return (key,) if count == 1 else (key, value)
        case _:
            return (DYN,) * count


def _expected(
    checked: Checked, environment: Environment, node: Expr, parents: list[Expr]
) -> Type | None:
    """Return the type of what the mark is compared with, or is an argument of."""
    if not parents:
        return None
    types = checked.types
    match parents[-1]:
        case Binary(operator="in", left=left, right=right):
            found = types.get(id(right)) if node is left else types.get(id(left))
            return found.element if node is left and isinstance(found, ListType) else None
        case Binary(left=left, right=right):
            return types.get(id(right if node is left else left))
        case ListExpr() as items if len(parents) > 1:
            match parents[-2]:
                case Binary(operator="in", left=left, right=right) if right is items:
                    return types.get(id(left))
        case Call(function=name, args=args):
            return _parameter(environment, name, args, node)
    return None


def _parameter(
    environment: Environment, name: str, args: tuple[Expr, ...], node: Expr
) -> Type | None:
    """Return the closed set that a function takes at the mark's place."""
    function = environment.functions.get(name)
    position = next((index for index, arg in enumerate(args) if arg is node), None)
    if function is None or position is None:
        return None
    for overload in function.overloads:
        params = overload.params[1:] if overload.is_member else overload.params
        if position < len(params) and isinstance(params[position], EnumType):
            return params[position]
    return None
