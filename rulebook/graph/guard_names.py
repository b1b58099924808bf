"""Named guards, and the closed sets that guards are checked against.

Responsible for `guards:` and for what a rulebook's guards may compare states, severities and
schedules with. Never compiles an expression itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from interlock.rulebook.elements import key, span
from interlock.rulebook.graph import defaults
from interlock.rulebook.graph.guards import WORDS, GuardCompiler
from interlock.rulebook.guard.places import Place, Vocabulary, environment_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interlock.rulebook.graph.compilation import Compilation
    from interlock.rulebook.graph.schedule import Schedule
    from interlock.rulebook.graph.state_graph import GuardRef, Lifecycle


def compile_guards(
    work: Compilation, lifecycle: Lifecycle, schedules: Mapping[str, Schedule]
) -> dict[str, GuardRef]:
    """Set up `work.guards` and return the named guards, built-in ones first."""
    written = _definable(work)
    work.guards = GuardCompiler(
        defaults.GUARDS,
        written,
        _vocabulary(work, lifecycle, schedules),
        work.lost.get("guards", frozenset()),
    )
    guards: dict[str, GuardRef] = {}
    for name in (*defaults.GUARDS, *written):
        with work.about(f"guard `{name}`"):
            compiled = work.guards.define(name)
            work.report_problems(compiled.problems, work.model, "guards", name)
        if compiled.guard is not None:
            where = span(work.model, "guards", name) if name in written else None
            guards[name] = replace(compiled.guard, name=name, span=where)
    return guards


def _definable(work: Compilation) -> dict[str, str]:
    """Return the definitions whose names are free to use."""
    environment = environment_at(Place.STEP)
    definable = {}
    for name, text in (work.model.guards or {}).items():
        if name in defaults.GUARDS or name in WORDS:
            taken = "built in"
        elif name in environment.variables:
            taken = "a variable of every guard"
        else:
            definable[name] = text
            continue
        where = key(work.model, "guards", name)
        message = f"`{name}` is {taken} and cannot be redefined"
        work.report("Y007", message, where, help="choose another name")
    return definable


def _vocabulary(
    work: Compilation, lifecycle: Lifecycle, schedules: Mapping[str, Schedule]
) -> Vocabulary:
    """Return the rulebook's closed sets; a set that lost a part is open."""
    severities = dict.fromkeys((*defaults.SEVERITIES, *(work.model.severity_matrix or {})))
    for source in (work.model.sources or {}).values():
        severities.update(dict.fromkeys(source.severity.values()))
    is_open = work.lost.keys() & {"severity_matrix", "sources"}
    return Vocabulary(
        states=None if "lifecycle" in work.lost else lifecycle.states,
        severities=None if is_open else tuple(severities),
        schedules=None if "on_call" in work.lost else tuple(schedules),
    )
