"""Every place where a rulebook declares a name or refers to one.

Responsible for walking documents beside the table of roles; what does not conform is walked as far
as it goes, so that names are known while a rule is half typed. Names inside guards are found by
`guard_occurrences`. Never decides whether a name exists.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from interlock.rulebook.document.nodes import (
    MapNode,
    SeqNode,
    key_span,
    scalar_span,
    span_of,
)
from interlock.rulebook.editing.roles import FREE_KEYS, ROLES, Branch, Kind, Role
from interlock.rulebook.graph import defaults
from interlock.rulebook.literals import Problem, parse_transition
from interlock.rulebook.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from interlock.rulebook.document.nodes import Node, Step
    from interlock.rulebook.guard.places import Place

ANY_STATE: Final = "any"
_DOCUMENTS_MAX: Final = 64  # a document is its identity, and an editor has few open


class Occurrence(NamedTuple):
    """A name where it stands.

    Attributes:
        kind: What it names.
        name: The name.
        span: Its characters, quotes not included.
        scalar: The scalar it is part of, quotes included: what says how it must be written.
        is_declaration: Whether it is declared here.
    """

    kind: Kind
    name: str
    span: Span
    scalar: Span
    is_declaration: bool = False


class WrittenGuard(NamedTuple):
    """A guard where it stands.

    Attributes:
        text: What it says.
        node: The collection it is in.
        step: Where in it.
        place: What it may name.
        runbook: The runbook it is in, or None.
    """

    text: str
    node: Node
    step: Step
    place: Place
    runbook: str | None = None

    def span(self, start: int, end: int) -> Span:
        """Return the source of a range of the guard's text."""
        return scalar_span(self.node, self.step, start, end)

    @property
    def scalar(self) -> Span:
        """The whole scalar as it is written."""
        return span_of(self.node, self.step)


@lru_cache(maxsize=_DOCUMENTS_MAX)
def find_occurrences(root: MapNode) -> tuple[Occurrence, ...]:
    """Return the names of a document outside guards, in no particular order."""
    return tuple(item for item in _walk(root, ROLES, None) if isinstance(item, Occurrence))


@lru_cache(maxsize=_DOCUMENTS_MAX)
def find_guards(root: MapNode) -> tuple[WrittenGuard, ...]:
    """Return the guards of a document."""
    return tuple(item for item in _walk(root, ROLES, None) if isinstance(item, WrittenGuard))


_Found = Occurrence | WrittenGuard


def _walk(root: MapNode, table: Branch, runbook: str | None) -> Iterator[_Found]:
    pending: list[tuple[Node, Branch, str | None, int]] = [(root, table, runbook, 0)]
    while pending:
        node, branch, runbook, depth = pending.pop()
        if branch.keys is not None and isinstance(node, MapNode):
            yield from _keys(node, branch.keys)
        steps: Iterable[Step] = node if isinstance(node, MapNode) else range(len(node))
        for step in steps:
            below = branch.below(step)
            if below is None or _is_foreign(node, step):
                continue
            value: Any = node[step]  # type: ignore[index]  # one of its own steps
            if isinstance(value, MapNode | SeqNode):
                inside = str(step) if depth == 1 and table.below("runbooks") is branch else runbook
                pending.append((value, below, inside, depth + 1))
            elif isinstance(value, str) and below.value is not None:
                yield from _value(node, step, value, below.value, runbook)


def _is_foreign(node: Node, step: Step) -> bool:
    """Tell whether this is the `with:` of something that is no built-in action."""
    return step == "with" and isinstance(node, MapNode) and node.get("do") not in defaults.ACTIONS


def _keys(node: MapNode, role: Role) -> Iterator[Occurrence]:
    assert role.kind is not None
    for name in node:
        if role.kind is Kind.EVENT and name in {key for _, key in FREE_KEYS}:
            continue
        where = key_span(node, name)
        yield Occurrence(role.kind, name, _inner(where), where, role.is_declaration)


def _value(node: Node, step: Step, text: str, role: Role, runbook: str | None) -> Iterator[_Found]:
    if role.place is not None:
        yield WrittenGuard(text, node, step, role.place, runbook)
    elif role.is_transition:
        yield from _states(node, step, text)
    elif role.kind is not None:
        where = span_of(node, step)
        yield Occurrence(
            role.kind, text, scalar_span(node, step, 0, len(text)), where, role.is_declaration
        )


def _states(node: Node, step: Step, text: str) -> Iterator[Occurrence]:
    transition = parse_transition(text)
    if isinstance(transition, Problem):
        return
    where = span_of(node, step)
    for name in (*transition.sources, transition.target):
        if name.text != ANY_STATE:
            yield Occurrence(
                Kind.STATE, name.text, scalar_span(node, step, name.start, name.end), where
            )


def _inner(where: Span) -> Span:
    """Return a key's span without its quotes."""
    if where.text[:1] in ("'", '"'):
        return Span(where.source, where.start + 1, where.end - 1)
    return where
