"""Which of many entries with guards are worth asking about one event.

Responsible for the index over the guards of a compiled rulebook's entries: correlation entries,
runbooks, silences, inhibitions. An entry that is left out has a guard that is surely false, so that
asking the others in order gives what asking all in order gives. Never asks a guard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from interlock.rulebook.guard.index import ExpressionIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from interlock.rulebook.graph.routes import Correlation, Inhibition, Silence
    from interlock.rulebook.graph.runbook import Runbook
    from interlock.rulebook.graph.state_graph import GuardRef, StateGraph
    from interlock.rulebook.guard.nodes import Expr

INDEX_FROM: Final = 4  # entries; below, asking each is as fast

Entry = TypeVar("Entry")


class Entries(Generic[Entry]):
    """Entries in the order in which they are asked.

    Args:
        entries: The entries.
        guard_of: Gives an entry's guard, None for one that always holds.
        with_errors: Whether an entry whose guard is an error counts.

    Attributes:
        all: The entries.
    """

    def __init__(
        self,
        entries: Iterable[Entry],
        guard_of: Callable[[Entry], GuardRef | None],
        *,
        with_errors: bool,
    ) -> None:
        self.all = tuple(entries)
        self._with_errors = with_errors
        expressions = [_expression(guard_of(entry)) for entry in self.all]
        self._index = ExpressionIndex(expressions) if len(expressions) >= INDEX_FROM else None

    def possible(self, bindings: Mapping[str, Any]) -> Sequence[Entry]:
        """Return the entries whose guard may hold, in order."""
        if self._index is None:
            return self.all
        entries = self.all
        found = self._index.candidates(bindings, with_errors=self._with_errors)
        return [entries[number] for number in found]


def _expression(guard: GuardRef | None) -> Expr | None:
    """Return what a guard says; None where it always holds, or is no compiled text."""
    return None if guard is None else getattr(guard.evaluate, "expr", None)


def correlation_entries(graph: StateGraph) -> Entries[Correlation]:
    """Return the correlation entries, to be asked about an alert; an error is no match there."""
    return Entries(graph.correlation, lambda entry: entry.match, with_errors=False)


def scoped_files(graph: StateGraph) -> Entries[StateGraph]:
    """Return a folder's files, to be asked whose an event is; an error is no match there."""
    return Entries(graph.files, lambda file: file.scope, with_errors=False)


def matched_runbooks(graph: StateGraph) -> Entries[Runbook]:
    """Return the runbooks with a `match`, to be asked about an incident."""
    matched = [runbook for runbook in graph.runbooks.values() if runbook.match is not None]
    return Entries(matched, lambda runbook: runbook.match, with_errors=True)


def silence_entries(graph: StateGraph) -> Entries[Silence]:
    """Return the silences, to be asked about an alert; an error is no match, and is told."""
    return make_silence_entries(graph.silences)


def make_silence_entries(silences: Iterable[Silence]) -> Entries[Silence]:
    """Return silences, of a rulebook or an operator's, in the order in which they are asked."""
    return Entries(silences, lambda silence: silence.match, with_errors=True)


def inhibition_sources(graph: StateGraph) -> Entries[Inhibition]:
    """Return the inhibitions by what they ask of an alert that suppresses others."""
    return Entries(graph.inhibitions, lambda entry: entry.source, with_errors=True)


def inhibition_targets(graph: StateGraph) -> Entries[Inhibition]:
    """Return the inhibitions by what they ask of an alert that is suppressed."""
    return Entries(graph.inhibitions, lambda entry: entry.target, with_errors=True)
