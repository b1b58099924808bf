"""The names of one rulebook: what may stand where a name is asked for.

Responsible for collecting what is declared, built in or merely used, per kind, and for the
environments in which its guards are checked. Never looks at the text around a cursor.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from interlock.rulebook.editing.arguments import accepted_by_hooks
from interlock.rulebook.editing.occurrences import find_occurrences
from interlock.rulebook.editing.roles import Kind
from interlock.rulebook.graph import defaults
from interlock.rulebook.graph.state_graph import StateGraph
from interlock.rulebook.guard.environment import Environment, Variable
from interlock.rulebook.guard.places import Place, Vocabulary, environments
from interlock.rulebook.guard.types import BOOL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.rulebook.document.nodes import MapNode

ALERT_WORDS = ("critical", "error", "warning", "info", "none")
_BUILT_IN: Mapping[Kind, tuple[str, ...]] = {
    Kind.SEVERITY: defaults.SEVERITIES,
    Kind.GUARD: tuple(defaults.GUARDS),
    Kind.EVENT: tuple(
        dict.fromkeys(
            (
                *sorted(defaults.OPENS),
                *defaults.EVENTS,
                *sorted(defaults.HUMAN_EVENTS),
                *sorted(defaults.ENGINE_EVENTS),
            )
        )
    ),
}


class Names(Struct, frozen=True, dict=True):
    """What a rulebook names.

    Attributes:
        declared: Per kind the names that it declares, in order.
        used: Per kind the names that it uses where nothing declares them, such as roles.
        graph: What could be compiled of it, or None.
        has_own_states: Whether its lifecycle is written without the default one.
        accepted: What its hooks accept, by id.
    """

    declared: Mapping[Kind, tuple[str, ...]] = {}
    used: Mapping[Kind, tuple[str, ...]] = {}
    graph: StateGraph | None = None
    has_own_states: bool = False
    accepted: Mapping[str, Mapping[str, Any]] = {}

    def of(self, kind: Kind) -> tuple[str, ...]:
        """Return every name that may stand for a kind: its own first, then what is built in."""
        if kind is Kind.ACTION:
            own = (*self.of(Kind.HOOK), *self.of(Kind.RUNBOOK))
            return tuple(dict.fromkeys((*own, *defaults.ACTIONS)))
        built_in = _BUILT_IN.get(kind, ())
        if kind is Kind.STATE and not self.has_own_states:
            built_in = defaults.LIFECYCLE.states
        known = (*self.declared.get(kind, ()), *built_in)
        is_open = kind in (Kind.ROLE, Kind.EVENT) or (kind is Kind.CHANNEL and not known)
        return tuple(dict.fromkeys((*known, *(self.used.get(kind, ()) if is_open else ()))))

    def kinds_of(self, kind: Kind, name: str) -> tuple[Kind, ...]:
        """Return what a name of a kind may be declared as."""
        if kind is not Kind.ACTION:
            return (kind,)
        own = (Kind.HOOK, Kind.RUNBOOK)
        return tuple(one for one in own if name in self.declared.get(one, ())) or (Kind.ACTION,)

    def steps(self, runbook: str | None) -> tuple[str, ...] | None:
        """Return the ids of a runbook's steps; None where they are not known."""
        if runbook is None or self.graph is None or runbook not in self.graph.runbooks:
            return None
        return tuple(step.id for step in self.graph.runbooks[runbook].steps)

    def environment(self, place: Place, runbook: str | None = None) -> Environment:
        """Return what a guard at a place may name, named guards among it."""
        steps = self.steps(runbook) if place is Place.STEP else None
        return _environment(place, self.vocabulary, steps, self.of(Kind.GUARD))

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The closed sets that guards are checked against."""
        return Vocabulary(
            states=self.of(Kind.STATE),
            severities=self.of(Kind.SEVERITY),
            schedules=self.of(Kind.SCHEDULE),
        )


@lru_cache(maxsize=64)
def _environment(
    place: Place, vocabulary: Vocabulary, steps: tuple[str, ...] | None, guards: tuple[str, ...]
) -> Environment:
    words = Vocabulary(
        states=vocabulary.states,
        severities=vocabulary.severities,
        schedules=vocabulary.schedules,
        steps=steps,
    )
    found = environments(words, (place,))[place]
    named = {name: Variable(BOOL, "A named guard.") for name in guards}
    return Environment(
        found.name,
        MappingProxyType({**named, **found.variables}),
        found.functions,
        found.elsewhere,
    )


def collect_names(documents: Iterable[MapNode], graph: StateGraph | None = None) -> Names:
    """Return the names of a rulebook's readable documents.

    Args:
        documents: What its files hold.
        graph: What could be compiled of them.
    """
    declared: dict[Kind, dict[str, None]] = {}
    used: dict[Kind, dict[str, None]] = {}
    has_own_states = False
    documents = tuple(documents)
    for root in documents:
        lifecycle = root.get("lifecycle")
        has_own_states |= isinstance(lifecycle, dict) and "extend" not in lifecycle
        for item in find_occurrences(root):
            names = declared if item.is_declaration else used
            names.setdefault(item.kind, {})[item.name] = None
    return Names(
        {kind: tuple(names) for kind, names in declared.items()},
        {kind: tuple(names) for kind, names in used.items()},
        graph,
        has_own_states,
        accepted_by_hooks(documents),
    )
