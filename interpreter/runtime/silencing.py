"""Which silences are in force: the rulebook's and the operators', at a time.

Rules of this file: the schedules are read once for as long as nothing can change, however many
alerts come; whom a silence concerns is the core's to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

from interlock.interpreter.core.event import Instant, Suppressor
from interlock.interpreter.core.suppression import silence_stream
from interlock.interpreter.runtime.hours import activity
from interlock.rulebook.graph.matching import Entries, make_silence_entries
from interlock.rulebook.graph.routes import Silence
from interlock.rulebook.graph.state_graph import GuardRef
from interlock.rulebook.guard import ErrorKind, GuardError, compile_guard
from interlock.rulebook.guard.checker import check
from interlock.rulebook.guard.places import Place, environment_at
from interlock.rulebook.guard.types import BOOL

if TYPE_CHECKING:
    from interlock.interpreter.core.control import Control, OperatorSilence
    from interlock.rulebook.graph.state_graph import StateGraph

_REMEMBERED = 1000
_END_OF_TIME = 2**63 - 1


class InForce(Struct, frozen=True):
    """The silences in force.

    Attributes:
        entries: Those that match alerts, to be asked through their index.
        active: When each that is active ends, by name; None: not known to end.
        incidents: Those of one incident, by its id.
        since: From when, and `until` before when, all of this is so.
    """

    entries: tuple[Entries[Silence], ...] = ()
    active: Mapping[str, Instant | None] = {}
    incidents: Mapping[str, Suppressor] = {}
    since: Instant = 0
    until: Instant = 0

    @property
    def is_anything(self) -> bool:
        """True where an alert or an incident may fall under a silence."""
        return bool(self.active or self.incidents)


class Silencing:
    """Reads the schedules, and remembers what it read until something changes."""

    def __init__(self) -> None:
        self._graph: StateGraph | None = None
        self._silences: Mapping[str, OperatorSilence] = {}
        self._operators: Entries[Silence] = make_silence_entries(())
        self._known = InForce()

    def at(self, graph: StateGraph, control: Control, now: Instant) -> InForce:
        """Return what is in force at a time."""
        known = self._known
        is_same = control.silences == self._silences
        if is_same and graph is self._graph and known.since <= now < known.until:
            return known
        if not is_same:
            self._operators = make_silence_entries(
                _silence(name, one) for name, one in control.silences.items() if one.match
            )
        self._graph, self._silences = graph, control.silences
        self._known = self._read(graph, control, now)
        return self._known

    def _read(self, graph: StateGraph, control: Control, now: Instant) -> InForce:
        active: dict[str, Instant | None] = {}
        until = _END_OF_TIME
        for silence in (*graph.silences, *self._operators.all):
            found = activity(silence, now)
            until = min(until, found.until or _END_OF_TIME)
            if found.is_active:
                active[silence.name] = found.until
        incidents = {}
        for name, one in control.silences.items():
            if one.incident is not None and now < one.until:
                until = min(until, one.until)
                incidents[one.incident] = suppressor(name, one)
        return InForce(
            entries=(graph.silence_entries, self._operators),
            active=active,
            incidents=incidents,
            since=now,
            until=until,
        )


def suppressor(name: str, silence: OperatorSilence) -> Suppressor:
    """Return an operator's silence as what suppresses."""
    called = f"silence {name}"
    return Suppressor(
        name=called, reason=silence.reason, until=silence.until, stream=silence_stream(called)
    )


def _silence(name: str, silence: OperatorSilence) -> Silence:
    return Silence(
        name=f"silence {name}",
        match=compile_match(silence.match or "false"),
        reason=silence.reason,
        until_ns=silence.until,
        is_operators=True,
    )


@lru_cache(_REMEMBERED)
def compile_match(text: str) -> GuardRef:
    """Compile what an operator's silence matches; raises GuardError where it is no condition."""
    guard = compile_guard(text, environment_at(Place.SILENCE))
    for problem in check(guard.expr, environment_at(Place.SILENCE), expects=BOOL).problems:
        if not problem.is_warning:
            raise GuardError(problem.message, ErrorKind.CHECK, problem.start, problem.end)
    return GuardRef(text=text, name=None, evaluate=guard, reads=frozenset())
