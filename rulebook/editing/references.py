"""Where a name is declared, and where it is used.

Responsible for the name under a cursor and for every place of a name in all files of a rulebook,
guards included: there a state, severity or schedule is a text that is compared with one. Never
changes anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from interlock.rulebook.editing.cursor import locate, word_end
from interlock.rulebook.editing.occurrences import Occurrence, find_guards, find_occurrences
from interlock.rulebook.editing.roles import Kind, key_role, value_role
from interlock.rulebook.graph.inlining import survey
from interlock.rulebook.guard.checker import check
from interlock.rulebook.guard.nodes import Binary, Call, ListExpr, Literal, walk
from interlock.rulebook.guard.parser import parse
from interlock.rulebook.guard.syntax import ParseProblem
from interlock.rulebook.guard.types import EnumType, Type

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from interlock.rulebook.document.nodes import MapNode
    from interlock.rulebook.editing.analysis import Analysis
    from interlock.rulebook.editing.names import Names
    from interlock.rulebook.editing.occurrences import WrittenGuard
    from interlock.rulebook.guard.environment import Environment
    from interlock.rulebook.guard.nodes import Expr

_ENUMS: Mapping[str, Kind] = {
    "State": Kind.STATE,
    "Severity": Kind.SEVERITY,
    "Schedule": Kind.SCHEDULE,
    "EventType": Kind.EVENT,
}


class Target(NamedTuple):
    """A name that is asked about, and where it stands."""

    kind: Kind
    name: str
    occurrence: Occurrence | None = None


def target_at(analysis: Analysis, offset: int) -> Target | None:
    """Return the name at an offset of the file that is asked about."""
    root = analysis.file.root
    if root is None:
        return _target_in_text(analysis, offset)
    for item in find_occurrences(root):
        if item.span.start <= offset <= item.span.end:
            return Target(_kind_of(item.kind, item.name, analysis.names), item.name, item)
    for guard in find_guards(root):
        scalar = guard.scalar
        if scalar.start <= offset <= scalar.end:
            for item in guard_occurrences(guard, analysis.names):
                if item.span.start <= offset <= item.span.end:
                    return Target(item.kind, item.name, item)
    return None


def places_of(analysis: Analysis, target: Target) -> tuple[Occurrence, ...]:
    """Return every place of a name in the rulebook, in order."""
    found: list[Occurrence] = []
    for root in analysis.documents:
        found += _places_in(root, target, analysis.names)
    return tuple(sorted(found, key=lambda item: (item.span.source.name, item.span.start)))


def declarations_of(analysis: Analysis, target: Target) -> tuple[Occurrence, ...]:
    """Return where a name is declared; nothing for what is built in."""
    return tuple(item for item in places_of(analysis, target) if item.is_declaration)


def _places_in(root: MapNode, target: Target, names: Names) -> Iterator[Occurrence]:
    for item in find_occurrences(root):
        if item.name == target.name and _kind_of(item.kind, item.name, names) is target.kind:
            yield item
    for guard in find_guards(root):
        if target.name in guard.text:
            for item in guard_occurrences(guard, names):
                if (item.kind, item.name) == (target.kind, target.name):
                    yield item


def _kind_of(kind: Kind, name: str, names: Names) -> Kind:
    return names.kinds_of(kind, name)[0]


def _target_in_text(analysis: Analysis, offset: int) -> Target | None:
    """Return the name at an offset of a text that is no valid YAML."""
    text = analysis.file.source.text
    cursor = locate(text, word_end(text, offset))
    words = cursor.text.replace(",", " ").split()
    if not words:
        return None
    role = value_role(cursor.value_of) if cursor.value_of is not None else None
    if role is None and cursor.keys_of is not None:
        role = key_role(cursor.keys_of)
    if role is None or role.kind is None:
        return None
    kind = role.kind
    return Target(_kind_of(kind, words[-1], analysis.names), words[-1])


def guard_occurrences(guard: WrittenGuard, names: Names) -> Iterator[Occurrence]:
    """Yield the named guards that a guard uses, and the names among its texts."""
    expr = parse(guard.text)
    if isinstance(expr, ParseProblem):
        return
    for name, places in survey(expr).names.items():
        if name in names.of(Kind.GUARD):
            for place in places:
                end = place.start + len(name)
                if guard.text[place.start : end] == name:
                    yield Occurrence(Kind.GUARD, name, guard.span(place.start, end), guard.scalar)
    environment = names.environment(guard.place, guard.runbook)
    for literal, kind in closed_texts(expr, environment, guard.text):
        if kind.name in _ENUMS and _is_plain(literal, guard.text):
            where = guard.span(literal.start + 1, literal.end - 1)
            yield Occurrence(_ENUMS[kind.name], literal.value, where, guard.scalar)


def closed_texts(
    expr: Expr, environment: Environment, source: str
) -> Iterator[tuple[Literal, EnumType]]:
    """Yield the texts of an expression that stand for a member of a closed set."""
    types = check(expr, environment, source=source).types
    for node in walk(expr):
        match node:
            case Binary(operator="in", left=left, right=ListExpr(elements=elements)):
                yield from _texts(types.get(id(left)), elements)
            case Binary(left=left, right=right):
                yield from _texts(types.get(id(left)), (right,))
                yield from _texts(types.get(id(right)), (left,))
            case Call(function=name, target=None, args=args) if name in environment.functions:
                for overload in environment.functions[name].overloads:
                    for kind, argument in zip(overload.params, args, strict=False):
                        yield from _texts(kind, (argument,))


def _texts(kind: Type | None, nodes: tuple[Expr, ...]) -> Iterator[tuple[Literal, EnumType]]:
    if isinstance(kind, EnumType):
        for node in nodes:
            if isinstance(node, Literal) and isinstance(node.value, str):
                yield node, kind


def _is_plain(literal: Literal, source: str) -> bool:
    """Tell whether a text is written with one quote at each end and without escapes."""
    return bool(source[literal.start + 1 : literal.end - 1] == literal.value)
